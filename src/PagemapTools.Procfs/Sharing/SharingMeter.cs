using System.Runtime.ExceptionServices;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Sharing;

/// <summary>
/// Measures the memory that each pair of processes shares, in one pass over the processes. It needs page frame numbers and
/// /proc/kpagecount.
/// </summary>
/// <remarks>
/// The memory that a measurement needs: 5 MiB, 4 bytes for each page frame that the processes map, one bit for each process and some 40 bytes
/// for each distinct set of processes that share a frame, and 32 bytes for each pair.
/// </remarks>
/// <example><code>
/// using ProcfsContext procfs = new();
/// foreach (ProcessSharing pair in new SharingMeter(procfs).Measure([parentId, childId]).EnumeratePairs()) { Console.WriteLine(pair.Shared); }
/// </code></example>
/// <param name="procfs">The machine; it stays open.</param>
public sealed class SharingMeter(ProcfsContext procfs)
{
    private readonly BackingStoreCache _backingStores = new();

    /// <summary>Measures processes.</summary>
    /// <param name="processIds">The ids of the processes; an id that occurs twice counts once.</param>
    /// <param name="options">How long a process may hold up its reading; null for the defaults.</param>
    /// <param name="progress">Receives the number of processes that have been read, on the calling thread.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers from the caller, or the caller may not read /proc/kpagecount.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public SharingMeasurement Measure(
        IEnumerable<int> processIds, TargetRunOptions? options = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        Measure(processIds, options, progress, out _, cancellationToken);

    /// <summary>Measures processes, and returns which of them map each page frame. They have the numbers of their ids in ascending order.</summary>
    internal SharingMeasurement Measure(
        IEnumerable<int> processIds, TargetRunOptions? options, IProgress<int>? progress, out SharedFrames frames, CancellationToken cancellationToken)
    {
        DateTime timestamp = DateTime.Now;
        HiddenFrames.ThrowIfHidden(procfs);
        PageIndexedFile kpagecount = procfs.Frames.Get(FrameProperties.MapCount);
        int[] ids = [.. processIds.Distinct().Order()];
        SharedFrames shared = frames = new(ids.Length);
        SharingTarget?[] targets = new SharingTarget?[ids.Length];
        List<ProcfsException> failures = [];
        int done = 0;
        foreach (TargetResult<SharingTarget> result in TargetRun.ReadEach(
            procfs.Root, ids, (id, token) => Walk(id, new SharedFrames.Writer(shared, Array.BinarySearch(ids, id)), token), options, cancellationToken))
        {
            if (result.Failure is { } failure)
            {
                AddFailure(failures, failure);
            }

            targets[done++] = result.Value;
            progress?.Report(done);
        }

        // A thread that was left behind no longer adds anything.
        shared.Close();
        PairCounter counter = new(shared, Array.ConvertAll(targets, target => target is not null));
        counter.Count(kpagecount, procfs.Frames.UntrackedSections, cancellationToken);
        return new SharingMeasurement(targets, counter, failures, timestamp);
    }

    private static void AddFailure(List<ProcfsException> failures, ProcfsException failure)
    {
        if (failure.ProcessId is null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }

        failures.Add(failure);
    }

    // A process that fails half-way leaves frames in the table. No pair counts them.
    private SharingTarget Walk(int processId, SharedFrames.Writer writer, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        BackingStoreResolver stores = new(process, _backingStores);
        using PageWalk walk = new(process, new PageWalkOptions { Mappings = mapping => mapping.Kind != MappingKind.Vvar, Categories = PageCategories.Present });
        MemoryMapping? mapping = null;
        SharedFrameKind kind = SharedFrameKind.Anonymous;
        while (walk.MoveNext(cancellationToken))
        {
            if (!ReferenceEquals(mapping, walk.Mapping))
            {
                mapping = walk.Mapping;
                kind = GetKind(mapping, stores);
            }

            writer.Add(walk.Address, walk.Entries, kind, cancellationToken);
        }

        return writer.SawHiddenFrames ? throw HiddenFrames.CreateException(procfs.Root) : new SharingTarget(processId, process.ProcessName, ProcessStat.TryRead(procfs.Root, processId)?.Program);
    }

    // In anonymous memory only the huge zero page looks like a page of a file. The vdso has no file and looks like one.
    private static SharedFrameKind GetKind(MemoryMapping mapping, BackingStoreResolver stores) =>
        !mapping.IsFileBacked ? (mapping.Kind is MappingKind.Vdso or MappingKind.Special ? SharedFrameKind.File : SharedFrameKind.Anonymous)
        : stores.IsHugetlb(mapping) ? SharedFrameKind.Hugetlb
        : stores.IsShmem(mapping) ? SharedFrameKind.Shmem
        : SharedFrameKind.File;
}
