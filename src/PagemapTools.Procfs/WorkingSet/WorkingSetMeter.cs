using System.Diagnostics;
using System.Globalization;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>
/// Measures which memory processes use in an interval: it marks their pages, and reads after the interval which marks are gone. Safe to use
/// from several threads.
/// </summary>
/// <remarks>
/// A measurement changes bits that the kernel's reclaim reads: after it, all pages look equally old, so the kernel may evict a page that is
/// in use. The process pays for each page that it uses for the first time after the marking: little for Referenced and Idle, a page fault
/// for a write with SoftDirty. Two measurements of one process at the same time disturb each other.
/// </remarks>
/// <example><code>
/// using ProcfsContext procfs = new();
/// ProcessWorkingSet used = new WorkingSetMeter(procfs).Measure(processId, TimeSpan.FromSeconds(10));
/// Console.WriteLine($"{used.Referenced} of {used.Rss} bytes");
/// </code></example>
public sealed class WorkingSetMeter : IDisposable
{
    private readonly ProcfsContext _procfs;
    private readonly RollupMeter _rollup;
    private readonly BackingStoreCache _backingStores = new();
    private readonly IdleBitmap? _bitmap;

    /// <summary>Creates a meter, and finds out whether its method works on this machine.</summary>
    /// <param name="procfs">The machine; it stays open.</param>
    /// <param name="method">How used pages are found.</param>
    /// <param name="cancellationToken">Cancels the probe.</param>
    /// <exception cref="ProcfsException">
    /// The kernel lacks the method; the message names the option of its configuration. Or a probe on memory of the caller shows that accesses
    /// do not set the bits again. Or the caller may not use the method.
    /// </exception>
    public WorkingSetMeter(ProcfsContext procfs, WorkingSetMethod method = WorkingSetMethod.Referenced, CancellationToken cancellationToken = default)
        : this(procfs, method, IdleBitmap.DefaultPath, probe: method == WorkingSetMethod.SoftDirty ? null : () => ReferencedBitProbe.Measure(procfs, cancellationToken))
    {
    }

    /// <summary>Creates a meter with another idle bitmap and another probe; null for no probe.</summary>
    internal WorkingSetMeter(ProcfsContext procfs, WorkingSetMethod method, string idleBitmap, Func<double?>? probe)
    {
        _procfs = procfs;
        _rollup = new RollupMeter(procfs);
        Method = method;
        switch (method)
        {
            case WorkingSetMethod.SoftDirty when procfs.SoftDirty.GetUnsupportedError() is { } error:
                throw error;
            case WorkingSetMethod.Idle:
                HiddenFrames.ThrowIfHidden(procfs);
                procfs.Frames.Get(FrameProperties.Flags);
                _bitmap = IdleBitmap.Open(idleBitmap);
                break;
        }

        if (probe?.Invoke() is { } seen and < ReferencedBitProbe.MinSeenPart)
        {
            _bitmap?.Dispose();
            throw CreateUnseen(procfs, method, seen);
        }
    }

    /// <summary>The method of the measurements.</summary>
    public WorkingSetMethod Method { get; }

    /// <summary>Marks the pages of a process. Its interval begins.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="cancellationToken">Cancels the marking.</param>
    /// <exception cref="ProcfsException">The process does not exist or has no address space, or the caller may not mark its pages.</exception>
    public WorkingSetInterval Begin(int processId, CancellationToken cancellationToken = default)
    {
        ulong? startTime = ProcessStat.TryRead(_procfs.Root, processId)?.Program.StartTime;
        switch (Method)
        {
            case WorkingSetMethod.SoftDirty:
                _procfs.SoftDirty.Clear(processId);
                break;
            case WorkingSetMethod.Idle:
                using (ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken))
                using (IPageMarks marks = CreateMarks())
                {
                    MarkedPages.Mark(process, _backingStores, marks, cancellationToken);
                }

                break;
            default:
                ClearRefs.Write(_procfs.Root, processId, ClearRefs.Referenced);
                break;
        }

        return new WorkingSetInterval(processId, startTime, Stopwatch.GetTimestamp());
    }

    /// <summary>Measures what a process has used since its interval began. The interval goes on.</summary>
    /// <param name="interval">What <see cref="Begin"/> returned.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process exited or executed another program, or the caller may not read it.</exception>
    public ProcessWorkingSet Measure(WorkingSetInterval interval, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(interval);
        TimeSpan elapsed = interval.Elapsed;
        long? used = Method == WorkingSetMethod.Referenced ? null : CountPages(interval.ProcessId, cancellationToken).Values.Sum();
        ProcessUss uss = _rollup.Measure(interval.ProcessId, mappings: null, long.MaxValue, cancellationToken)!;
        return new ProcessWorkingSet(CreateTarget(interval, elapsed, uss.Target), CreateFigures(uss, used));
    }

    /// <summary>Measures each mapping of a process.</summary>
    /// <param name="interval">What <see cref="Begin"/> returned.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The process exited or executed another program, or the caller may not read it.</exception>
    public IEnumerable<MappingWorkingSet> MeasureMappings(WorkingSetInterval interval, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(interval);
        TimeSpan elapsed = interval.Elapsed;
        Dictionary<ulong, long>? used = Method == WorkingSetMethod.Referenced ? null : CountPages(interval.ProcessId, cancellationToken);
        foreach (MappingUss uss in _rollup.MeasureMappings(interval.ProcessId, mappings: null, long.MaxValue, cancellationToken)!)
        {
            yield return new MappingWorkingSet(CreateTarget(interval, elapsed, uss.Target), uss.Mapping, CreateFigures(uss, used?.GetValueOrDefault(uss.Mapping.Start)));
        }
    }

    /// <summary>Marks the pages of a process, waits, and measures what it has used.</summary>
    /// <param name="processId">The id of the process.</param>
    /// <param name="interval">The time to wait.</param>
    /// <param name="cancellationToken">Cancels the measurement, also the wait.</param>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not mark or read its pages.</exception>
    public ProcessWorkingSet Measure(int processId, TimeSpan interval, CancellationToken cancellationToken = default)
    {
        WorkingSetInterval begun = Begin(processId, cancellationToken);
        cancellationToken.WaitHandle.WaitOne(interval);
        cancellationToken.ThrowIfCancellationRequested();
        return Measure(begun, cancellationToken);
    }

    /// <summary>Closes the idle bitmap.</summary>
    public void Dispose() => _bitmap?.Dispose();

    private Dictionary<ulong, long> CountPages(int processId, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken);
        using IPageMarks marks = CreateMarks();
        return MarkedPages.Count(process, _backingStores, marks, cancellationToken);
    }

    private IPageMarks CreateMarks() => _bitmap is null ? new SoftDirtyPages() : new IdlePages(_procfs, _bitmap);

    private WorkingSetTarget CreateTarget(WorkingSetInterval interval, TimeSpan elapsed, UssTarget target) => target.StartTime == interval.StartTime
        ? new WorkingSetTarget(interval.ProcessId, target.Details.Name, target.StartTime, Method, elapsed)
        : throw ProcessErrors.Exited(_procfs.Root, interval.ProcessId);

    private WorkingSetFigures CreateFigures(ProcessUss uss, long? usedPages)
    {
        long? used = usedPages << PageGeometry.PageShift;
        return Method switch
        {
            WorkingSetMethod.Referenced => new WorkingSetFigures(uss.Figures.Referenced, null, uss.Rss),
            WorkingSetMethod.Idle => new WorkingSetFigures(used, null, uss.Rss),
            _ => new WorkingSetFigures(null, used, uss.Rss),
        };
    }

    private static ProcfsException CreateUnseen(ProcfsContext procfs, WorkingSetMethod method, double seen) => new(
        ProcfsError.WorkingSetMethodNotSupported,
        string.Create(
            CultureInfo.InvariantCulture,
            $"The method {method} gives no true figures on this machine ({procfs.KernelRelease}): a probe cleared the referenced bits of memory of its own and used the memory, and {100 * seen:f0} % of the pages had the bits again. ")
            + "This happens on a virtual machine with shadow page tables, because the kernel does not flush translations when it clears these bits. "
            + "The method SoftDirty finds writes, on a kernel with CONFIG_MEM_SOFT_DIRTY.",
        "/proc/self/clear_refs")
    {
        KernelRelease = procfs.KernelRelease.Text,
    };
}

/// <summary>The interval of a process, which began when its pages were marked.</summary>
public sealed class WorkingSetInterval
{
    private readonly long _began;

    internal WorkingSetInterval(int processId, ulong? startTime, long began)
    {
        ProcessId = processId;
        StartTime = startTime;
        _began = began;
    }

    /// <summary>The id of the process.</summary>
    public int ProcessId { get; }

    /// <summary>The time since the interval began.</summary>
    public TimeSpan Elapsed => Stopwatch.GetElapsedTime(_began);

    internal ulong? StartTime { get; }
}
