using System.Collections;
using System.Diagnostics;
using System.Numerics;
using PagemapTools.Procfs.FileCache;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Reads the tables of a snapshot, one after the other.</summary>
internal sealed class SnapshotReading(
    ProcfsContext procfs, SnapshotFiles files, SnapshotOptions options, IProgress<SnapshotProgress>? progress, CancellationToken cancellationToken)
{
    private readonly Stopwatch _duration = Stopwatch.StartNew();
    private readonly IReadOnlyCollection<int> _processIds = options.ProcessIds ?? procfs.Root.GetProcessIds();
    private readonly List<ProcfsException> _failures = [];
    private int _finishedTableCount;

    public SnapshotResult Run()
    {
        WriteIfIncluded(SnapshotTables.Frames, WriteFrames);
        WriteIfIncluded(SnapshotTables.Pages, WritePages);
        WriteIfIncluded(SnapshotTables.Mappings, WriteMappings);
        WriteIfIncluded(SnapshotTables.Processes, WriteProcesses);
        WriteIfIncluded(SnapshotTables.Cgroups, WriteCgroups);
        WriteIfIncluded(SnapshotTables.Files, WriteFiles);

        string? bootId = ProcText.TryReadSmall(procfs.Root, procfs.Root.GetPath("sys/kernel/random/boot_id"));
        int failedCount = _failures.Where(failure => failure.Error is not (ProcfsError.NoAddressSpace or ProcfsError.ProcessNotFound)).DistinctBy(failure => failure.ProcessId).Count();
        SnapshotSummary summary = new(options.Tables, _processIds.Count, failedCount, _duration.Elapsed, procfs.KernelRelease.Text, bootId);
        return new SnapshotResult(files.Time, files.Commit(summary), _failures);
    }

    private void WriteIfIncluded(SnapshotTables table, Action write)
    {
        if (options.Tables.HasFlag(table))
        {
            Report(table, 0);
            write();
            _finishedTableCount++;
        }
    }

    private void WriteFrames()
    {
        SnapshotFileWriter<FrameRows> file = files.Begin(SnapshotTables.Frames, () => new FrameRows { Time = files.Time });
        foreach (FrameRun run in new FrameRunReader(procfs).Read(cancellationToken))
        {
            file.Rows.Add(run);
            if (file.FlushIfFull())
            {
                Report(SnapshotTables.Frames, run.Pfn);
            }
        }
    }

    private void WritePages()
    {
        bool hasSoftDirty = procfs.SoftDirty.IsSupported == true;
        bool sawHiddenPfn = false;
        SnapshotFileWriter<PageRows> file = files.Begin(SnapshotTables.Pages, () => new PageRows { Time = files.Time, IncludePfn = options.IncludePfn, HasSoftDirty = hasSoftDirty });
        PageRunReader reader = new(procfs, options.IncludePfn);
        foreach ((int processId, PageRun run) in ReadSequences(SnapshotTables.Pages, reader.Read))
        {
            file.Rows.Add(processId, run);
            file.FlushIfFull();
            sawHiddenPfn |= run.Entry is { IsPresent: true, Pfn: null };
        }

        if (options.IncludePfn && sawHiddenPfn)
        {
            options.OnWarning?.Invoke(Pages.ReadWarnings.HiddenPageFrames);
        }
    }

    private void WriteMappings()
    {
        SnapshotFileWriter<MappingRows> file = files.Begin(SnapshotTables.Mappings, () => new MappingRows { Time = files.Time });
        foreach ((_, MemoryMapping mapping) in ReadSequences(SnapshotTables.Mappings, ReadMappings))
        {
            file.Rows.Add(mapping);
            file.FlushIfFull();
        }
    }

    private void WriteProcesses()
    {
        SnapshotFileWriter<ProcessRows> file = files.Begin(SnapshotTables.Processes, () => new ProcessRows { Time = files.Time });
        UssMeter meter = new(procfs);
        foreach (ProcessRow process in ReadEach(SnapshotTables.Processes, (id, token) => ProcessRow.Read(procfs, meter, id, token)))
        {
            file.Rows.Add(process);
            file.FlushIfFull();
        }
    }

    private void WriteCgroups()
    {
        SnapshotFileWriter<CgroupRows> file = files.Begin(SnapshotTables.Cgroups, () => new CgroupRows { Time = files.Time });
        foreach (KPageCgroupSummary cgroup in procfs.MeasureKPageCgroups(onWarning: options.OnWarning, cancellationToken: cancellationToken))
        {
            file.Rows.Add(cgroup);
        }
    }

    private void WriteFiles()
    {
        SnapshotFileWriter<FileRows> file = files.Begin(SnapshotTables.Files, () => new FileRows { Time = files.Time });
        HashSet<int>? users = options.ProcessIds is null ? null : [.. _processIds];
        FileCacheMeter meter = new(procfs, new FileCacheQuery
        {
            Run = options.Run,
            OnFailure = _failures.Add,
            OnProcessesRead = limits => _failures.AddRange(limits.Failures.Where(failure => !failure.IsExpected || users?.Contains(failure.ProcessId ?? 0) != false)),
        });
        ProcessCount count = new(done => Report(SnapshotTables.Files, done));
        foreach (FileCacheInfo found in meter.MeasureOpenFiles(count, cancellationToken))
        {
            if (users is null || found.MappedBy?.Any(users.Contains) == true || found.HeldBy?.Any(users.Contains) == true)
            {
                file.Rows.Add(found);
                file.FlushIfFull();
            }
        }
    }

    private IEnumerable<T> ReadEach<T>(SnapshotTables table, Func<int, CancellationToken, T> read)
        where T : class
    {
        ulong done = 0;
        foreach (TargetResult<T> result in TargetRun.ReadEach(procfs.Root, _processIds, read, options.Run, cancellationToken))
        {
            Report(table, ++done, _processIds.Count);
            if (result.Value is { } value)
            {
                yield return value;
            }
            else
            {
                _failures.Add(result.Failure!);
            }
        }
    }

    /// <summary>Reads one process after the other. What was read of a process before its failure is returned.</summary>
    private IEnumerable<(int ProcessId, T Item)> ReadSequences<T>(SnapshotTables table, Func<int, CancellationToken, IEnumerable<T>> read)
    {
        ulong done = 0;
        foreach (int processId in _processIds)
        {
            using IEnumerator<T> items = TargetRun.ReadSequence(procfs.Root, processId, token => read(processId, token), options.Run, cancellationToken).GetEnumerator();
            while (TryMoveNext(items))
            {
                yield return (processId, items.Current);
            }

            Report(table, ++done, _processIds.Count);
        }
    }

    /// <summary>Reports the position in a table, whose end may be unknown.</summary>
    private void Report(SnapshotTables table, ulong done, int? end = null)
    {
        double part = end is { } known ? done / (double)known : 0;
        progress?.Report(new SnapshotProgress(table, done, (_finishedTableCount + part) / BitOperations.PopCount((uint)options.Tables)));
    }

    private bool TryMoveNext(IEnumerator items)
    {
        try
        {
            return items.MoveNext();
        }
        catch (ProcfsException failure) when (failure.ProcessId is not null)
        {
            _failures.Add(failure);
            return false;
        }
    }

    private IEnumerable<MemoryMapping> ReadMappings(int processId, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        foreach (MemoryMapping mapping in process.ReadMappings())
        {
            cancellationToken.ThrowIfCancellationRequested();
            yield return mapping;
        }
    }

    private sealed class ProcessCount(Action<ulong> report) : IProgress<int>
    {
        public void Report(int value) => report((ulong)value);
    }
}
