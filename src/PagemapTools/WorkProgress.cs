using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.InteropServices;
using PagemapTools.Commands;

namespace PagemapTools;

/// <summary>Progress of long work: none in the first second, then at most four records a second.</summary>
/// <remarks>Readers report their position from any thread. Records are written on the thread that created the progress.</remarks>
internal sealed class WorkProgress(PagemapCommand cmdlet, Func<string> describeActivity, Func<ulong, string>? describe = null, ulong? end = null) : IProgress<ulong>
{
    private static readonly TimeSpan s_quietStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    // For four levels of page tables; arm64 has separate tables for the kernel's half. With five levels the progress reaches 100 % early.
    private static readonly ulong s_endOfAddressSpace = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? 1UL << 48 : 1UL << 47;

    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private TimeSpan _next = s_quietStart;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private ulong _position;

    // Null until a record is written.
    private string? _activity;

    public WorkProgress(PagemapCommand cmdlet, string activity, Func<ulong, string>? describe = null, ulong? end = null)
        : this(cmdlet, () => activity, describe, end)
    {
    }

    /// <summary>Creates the progress of a walk through the address space of a process.</summary>
    public static WorkProgress ForProcess(PagemapCommand cmdlet, int processId) =>
        new(cmdlet, () => $"Reading the pages of process {processId} ({cmdlet.FindProcessName(processId)})", DescribeAddress, s_endOfAddressSpace);

    /// <summary>Creates the progress of a reading of page frames.</summary>
    public static WorkProgress ForFrames(PagemapCommand cmdlet, string activity) => new(cmdlet, activity, pfn => $"at page frame 0x{pfn:x}");

    /// <summary>Creates the progress of a reading of all processes.</summary>
    public static WorkProgress ForProcesses(PagemapCommand cmdlet, string activity) => new(cmdlet, activity, count => $"{count} processes read");

    /// <summary>Creates the progress of a measurement, which walks the address space of one process or counts processes.</summary>
    public static WorkProgress ForMeasurement(PagemapCommand cmdlet) => new(cmdlet, "Measuring processes", DescribeAddress, s_endOfAddressSpace);

    /// <summary>Creates the progress of a comparison, which walks the address spaces of two processes side by side.</summary>
    public static WorkProgress ForComparison(PagemapCommand cmdlet) => new(cmdlet, "Comparing pages", DescribeAddress, s_endOfAddressSpace);

    /// <summary>Creates a receiver of the number of items that are done. It is called on the thread that created the progress.</summary>
    public IProgress<int> ForItems(int count) => new Items(this, count);

    /// <inheritdoc/>
    public void Report(ulong value)
    {
        Volatile.Write(ref _position, value);
        if (Environment.CurrentManagedThreadId == _thread)
        {
            ShowPosition();
        }
    }

    /// <summary>Writes a record if one is due.</summary>
    /// <param name="status">The position in words.</param>
    /// <param name="fraction">The finished part, from 0 to 1; null if the end is unknown.</param>
    public void Show(Func<string> status, double? fraction = null)
    {
        if (_sinceStart.Elapsed < _next)
        {
            return;
        }

        _next = _sinceStart.Elapsed + s_interval;
        _activity ??= describeActivity();
        cmdlet.WriteProgress(new ProgressRecord(_activity.GetHashCode(StringComparison.Ordinal) & int.MaxValue, _activity, status())
        {
            PercentComplete = fraction is { } done ? (int)Math.Clamp(done * 100, 0, 100) : -1,
        });
    }

    /// <summary>Waits for work on other threads and shows the positions that it reports.</summary>
    public void PollUntilDone(Task work)
    {
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(s_interval))
        {
            ShowPosition();
        }

        work.GetAwaiter().GetResult();
    }

    private static string DescribeAddress(ulong address) => $"at 0x{address:x}";

    /// <summary>Writes a record of the position that was reported last, if one is due.</summary>
    public void ShowPosition()
    {
        ulong position = Volatile.Read(ref _position);
        Show(() => describe!(position), position / (double?)end);
    }

    /// <summary>Removes the progress if it was shown.</summary>
    public void Complete()
    {
        if (_activity is not null)
        {
            cmdlet.WriteProgress(new ProgressRecord(_activity.GetHashCode(StringComparison.Ordinal) & int.MaxValue, _activity, "Done")
            {
                RecordType = ProgressRecordType.Completed,
            });
        }
    }

    private sealed class Items(WorkProgress progress, int count) : IProgress<int>
    {
        public void Report(int value) => progress.Show(() => $"{value} of {count}", value / (double)Math.Max(count, 1));
    }
}
