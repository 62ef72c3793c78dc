using System.Diagnostics;
using System.Management.Automation;
using System.Runtime.InteropServices;
using PagemapTools.Procfs;

namespace PagemapTools;

/// <summary>Progress on long work only: nothing in the first second, then at most four times a second.</summary>
internal sealed class WorkProgress(Cmdlet cmdlet, string activity)
{
    private static readonly TimeSpan s_quietStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    // With four levels of page tables: arm64 has tables of their own for the kernel's half. With five a walk shows as finished early.
    private static readonly ulong s_endOfAddressSpace = RuntimeInformation.OSArchitecture == Architecture.Arm64 ? 1UL << 48 : 1UL << 47;

    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private TimeSpan _next = s_quietStart;
    private bool _isShown;

    /// <summary>The progress of a walk through a process.</summary>
    public static WorkProgress OfProcess(Cmdlet cmdlet, ProcessMemory process) =>
        new(cmdlet, $"Reading the pages of process {process.ProcessId} ({process.ProcessName})");

    /// <summary>Shows where the work is, if a record is due.</summary>
    /// <param name="status">Where it is, in words.</param>
    /// <param name="fraction">How much is done, from 0 to 1; null where the end is not known.</param>
    public void Show(Func<string> status, double? fraction = null)
    {
        if (_sinceStart.Elapsed < _next)
        {
            return;
        }

        _next = _sinceStart.Elapsed + s_interval;
        _isShown = true;
        cmdlet.WriteProgress(new ProgressRecord(activity.GetHashCode(StringComparison.Ordinal) & int.MaxValue, activity, status())
        {
            PercentComplete = fraction is { } done ? (int)Math.Clamp(done * 100, 0, 100) : -1,
        });
    }

    /// <summary>Shows how far a walk through a process has come.</summary>
    public void ShowAddress(ulong address) => Show(() => $"at 0x{address:x}", address / (double)s_endOfAddressSpace);

    /// <summary>Waits for work on other threads, and shows meanwhile what it has to tell.</summary>
    public static void Await(Task work, Action show)
    {
        while (!((IAsyncResult)work).AsyncWaitHandle.WaitOne(s_interval))
        {
            show();
        }

        work.GetAwaiter().GetResult();
    }

    /// <summary>Takes the progress away, if it was shown.</summary>
    public void Complete()
    {
        if (_isShown)
        {
            cmdlet.WriteProgress(new ProgressRecord(activity.GetHashCode(StringComparison.Ordinal) & int.MaxValue, activity, "Done")
            {
                RecordType = ProgressRecordType.Completed,
            });
        }
    }
}
