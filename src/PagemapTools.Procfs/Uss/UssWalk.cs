using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Uss;

/// <summary>
/// Measures processes by a walk of their pagemap entries, each in two phases. The first phase examines the files of the mappings for what
/// the entries do not show, the second walks the entries. Safe to use from several threads.
/// </summary>
internal sealed class UssWalk
{
    // One array for a process with many mappings would be a large object, and cost a full garbage collection with each measurement.
    private const int PartsPerChunk = 1024;

    private readonly ProcfsContext _procfs;
    private readonly UssMethod _method;
    private readonly PageIndexedFile? _kpagecount;
    private readonly bool _arePfnSwapEntriesPrivate;
    private readonly MapCountCache _mapCounts = new(TimeProvider.System);
    private readonly BackingStoreCache _backingStores = new();

    /// <summary>Creates the measurement of a method, Exclusive or MapCount.</summary>
    /// <exception cref="ProcfsException">The method is MapCount, and the caller may not read /proc/kpagecount or the kernel does not have it.</exception>
    public UssWalk(ProcfsContext procfs, UssMethod method)
    {
        _procfs = procfs;
        _method = method;

        // Since Linux 6.11 smaps counts PFN swap entries as shared (fs/proc/task_mmu.c, smaps_account).
        _arePfnSwapEntriesPrivate = procfs.KernelRelease.IsBefore(6, 11);

        // The method Exclusive works without map counts. It uses them for Pss, and to distinguish the zero page from memory that a fork shares.
        _kpagecount = method == UssMethod.Exclusive ? procfs.Frames.TryGet(FrameProperties.MapCount) : procfs.Frames.Get(FrameProperties.MapCount);
    }

    /// <summary>Measures each mapping of a process, one after the other.</summary>
    public IEnumerable<MappingUss> MeasureMappings(int processId, Func<MemoryMapping, bool>? mappings, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken);
        UssTarget target = ReadTarget(process, isWhole: false);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        foreach (MappingPart part in MappingParts.Enumerate(process, new PageWalkOptions { Mappings = mappings }))
        {
            UssAccumulator total = default;
            correction.Accumulate(part.Mapping, ref total, cancellationToken);
            Walk(process, [part], correction, ref total, progress: null, cancellationToken);
            yield return new MappingUss(target, part.Mapping, _method, CreateFigures(target, total));
        }
    }

    /// <summary>Measures the part of a process on each NUMA node.</summary>
    public IReadOnlyList<NodeUss> MeasureNodes(int processId, Func<MemoryMapping, bool>? mappings, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        HiddenFrames.ThrowIfHidden(_procfs);
        using ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken);
        UssTarget target = ReadTarget(process, isWhole: false);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        UssAccumulator rest = default;
        MappingPart[] parts = [.. MappingParts.Enumerate(process, new PageWalkOptions { Mappings = mappings })];
        Array.ForEach(parts, part => correction.Accumulate(part.Mapping, ref rest, cancellationToken));
        NodeTotals totals = new(_procfs);
        using IUssCounter counter = CreateCounter(process);
        using PageWalk walk = new(process, parts);
        while (walk.MoveNext(cancellationToken))
        {
            progress?.Report(walk.Address);
            totals.Add(walk.Entries, (int first, ReadOnlySpan<ulong> entries, ref UssAccumulator total) => Count(counter, walk, correction, first, entries, ref total));
        }

        // What smaps says of hugetlb pages is of no node.
        UnknownParts unknown = rest.PrivateHugetlb > 0 ? rest.Unknown | UnknownParts.Uss : rest.Unknown;
        return [.. totals.Totals.Select(node => new NodeUss(target, node.Node, _method, CreateFigures(node.Total, unknown)))];
    }

    private static void Count(IUssCounter counter, PageWalk walk, SharedMemoryCorrection correction, int first, ReadOnlySpan<ulong> entries, ref UssAccumulator total)
    {
        if (correction.IsHugetlb(walk.Mapping))
        {
            total.CountHugetlb(entries, isExclusiveBitValid: !correction.MayUseSharedPmd(walk.Mapping));
        }
        else
        {
            counter.Count(walk.Mapping, walk.Address + PageGeometry.ToAddress((ulong)first), entries, ref total);
        }
    }

    private static UssFigures CreateFigures(UssAccumulator total, UnknownParts unknownOfHugetlb)
    {
        total.Unknown |= total.Hugetlb > 0 ? unknownOfHugetlb & UnknownParts.Uss : UnknownParts.None;
        return UssFigures.From(total) with { Swap = null };
    }

    /// <summary>Measures a process on several threads.</summary>
    public ProcessUss Measure(int processId, Func<MemoryMapping, bool>? mappings, int? threads, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = _procfs.OpenTarget(processId, cancellationToken);
        UssTarget target = ReadTarget(process, isWhole: mappings is null);
        using SharedMemoryCorrection correction = CreateCorrection(process);
        List<MappingPart[]> parts = [];
        UssAccumulator total = default;
        foreach (MappingPart[] chunk in MappingParts.Enumerate(process, new PageWalkOptions { Mappings = mappings }).Chunk(PartsPerChunk))
        {
            cancellationToken.ThrowIfCancellationRequested();
            parts.Add(chunk);
            Array.ForEach(chunk, part => correction.Accumulate(part.Mapping, ref total, cancellationToken));
        }

        WorkQueue queue = new(parts.SelectMany(chunk => chunk));
        object totalLock = new();
        ParallelRunner.Run(threads ?? Environment.ProcessorCount, _ =>
        {
            UssAccumulator subtotal = default;
            Walk(process, queue.DequeueAll(), correction, ref subtotal, progress, cancellationToken);
            lock (totalLock)
            {
                total.Add(subtotal);
            }
        }, cancellationToken);
        return new ProcessUss(target, _method, CreateFigures(target, total));
    }

    private void Walk(
        ProcessAddressSpace process, IEnumerable<MappingPart> parts, SharedMemoryCorrection correction, ref UssAccumulator total,
        IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        using IUssCounter counter = CreateCounter(process);
        using PageWalk walk = new(process, parts);
        while (walk.MoveNext(cancellationToken))
        {
            progress?.Report(walk.Address);
            Count(counter, walk, correction, 0, walk.Entries, ref total);
        }
    }

    private UssTarget ReadTarget(ProcessAddressSpace process, bool isWhole)
    {
        ProcessDetails details = process.ReadDetails();
        string? user = details.UserId is { } userId ? _procfs.Users.Get(userId) : null;
        return new UssTarget(process.ProcessId, process.StartTime, details, user, isWhole ? details.PageTables : null);
    }

    // Without an active swap area no page is swapped out, and the entries whose type is hidden are markers. lxcfs lists no area, too.
    private static UssFigures CreateFigures(UssTarget target, UssAccumulator total)
    {
        bool isSwapHidden = total.Unknown.HasFlag(UnknownParts.SwapWithoutArea) && target.Details.Swap > 0;
        total.Unknown |= isSwapHidden ? UnknownParts.Swap : UnknownParts.None;
        return UssFigures.From(total);
    }

    private SharedMemoryCorrection CreateCorrection(ProcessAddressSpace process) =>
        new(process, new BackingStoreResolver(process, _backingStores), _procfs.KernelRelease, _procfs.Capabilities);

    private IUssCounter CreateCounter(ProcessAddressSpace process)
    {
        MapCountReader? mapCounts = _kpagecount is null ? null : new MapCountReader(_kpagecount, _procfs.Frames.UntrackedSections, _mapCounts);
        return _method == UssMethod.MapCount
            ? new MapCountCounter(mapCounts!, _procfs.SwapTypes, _arePfnSwapEntriesPrivate)
            : new ExclusiveCounter(process.Pagemap, mapCounts, _procfs.SwapTypes, _arePfnSwapEntriesPrivate);
    }
}

/// <summary>Counts runs of pagemap entries of pages that are not hugetlb pages. Each thread has its own counter.</summary>
internal interface IUssCounter : IDisposable
{
    /// <summary>Adds a run of entries of one mapping to <paramref name="total"/>.</summary>
    void Count(MemoryMapping mapping, ulong address, ReadOnlySpan<ulong> entries, ref UssAccumulator total);
}
