using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Sharing;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Procfs.Reports;

/// <summary>Sums the pages of a snapshot by process and mapping, and finds out which processes map each page frame.</summary>
/// <param name="snapshot">The snapshot, which has the tables pages and mappings.</param>
/// <param name="ids">The ids of the processes, in ascending order.</param>
internal sealed class SnapshotPageSums(PageSnapshot snapshot, int[] ids)
{
    private readonly SharedFrames _owners = new(ids.Length);
    private readonly ulong[] _entries = new ulong[FrameTable.BlockFrames];
    private readonly Dictionary<(int ProcessId, ulong Start), (MappingKind Kind, string Name)> _mappings = [];
    private readonly HashSet<ulong> _zeroPages = [];
    private bool _hasFrames;

    /// <summary>The page frames of the zero page.</summary>
    public IReadOnlySet<ulong> ZeroPages => _zeroPages;

    /// <summary>The sums of each process.</summary>
    public ProcessSums[] Sums { get; } = Array.ConvertAll(ids, _ => new ProcessSums());

    /// <summary>Which processes map page frames, by the positions of their ids; null if the snapshot has no page frame numbers of processes.</summary>
    public SharedFrames? Owners => _hasFrames ? _owners : null;

    /// <summary>Reads the pages.</summary>
    public void Read(CancellationToken cancellationToken)
    {
        foreach ((int id, ulong start, MappingKind? kind, string? name) in snapshot.ReadMappings(cancellationToken))
        {
            _mappings[(id, start)] = (kind ?? MappingKind.Special, name ?? string.Empty);
        }

        foreach (FrameRun run in snapshot.ReadFrames(cancellationToken).Where(run => run.Use == PageUse.ZeroPage))
        {
            _zeroPages.UnionWith(Enumerable.Range(0, (int)run.Count).Select(i => run.Pfn + (ulong)i));
        }

        (int ProcessId, ulong Start) current = default;
        int process = -1;
        MappingSum? sum = null;
        SharedFrames.Writer? writer = null;
        foreach ((int id, PageRun run) in snapshot.ReadPages(cancellationToken))
        {
            if (current != (id, run.MappingStart))
            {
                Complete(process, sum);
                writer = id == current.ProcessId ? writer : null;
                current = (id, run.MappingStart);
                process = Array.BinarySearch(ids, id);
                sum = process < 0 ? null : CreateSum(current);
                writer ??= process < 0 ? null : new SharedFrames.Writer(_owners, process);
            }

            if (sum is not null)
            {
                Add(sum, run);
                AddFrames(writer!, run, _mappings.GetValueOrDefault(current).Kind, cancellationToken);
            }
        }

        Complete(process, sum);
        _owners.Close();
    }

    private MappingSum? CreateSum((int ProcessId, ulong Start) mapping) =>
        _mappings.TryGetValue(mapping, out (MappingKind Kind, string Name) found) && found.Kind != MappingKind.Vvar ? new MappingSum(found.Name, $"{found.Kind}") : null;

    private void Complete(int process, MappingSum? sum)
    {
        if (sum is not null)
        {
            Sums[process].Add(sum);
        }
    }

    private void Add(MappingSum sum, in PageRun run)
    {
        long bytes = (long)PageGeometry.ToAddress((ulong)run.Count);
        if (run.State == PageState.Swapped)
        {
            sum.Swap += bytes;
        }
        else if (run.State == PageState.Present && run.Entry.IsExclusive)
        {
            sum.Uss += bytes;
        }
        else if (run.State == PageState.Present && sum.Kind != nameof(MappingKind.Hugetlb) && !(run.Entry.Pfn is { } pfn && _zeroPages.Contains(pfn)))
        {
            sum.Shared += bytes;
        }
    }

    private void AddFrames(SharedFrames.Writer writer, in PageRun run, MappingKind kind, CancellationToken cancellationToken)
    {
        if (run.Entry.Pfn is null)
        {
            return;
        }

        _hasFrames = true;
        SharedFrameKind frameKind = kind switch
        {
            MappingKind.Hugetlb => SharedFrameKind.Hugetlb,
            MappingKind.SharedMemory => SharedFrameKind.Shmem,
            _ => SharedFrameKind.File,
        };
        for (long done = 0; done < run.Count; done += _entries.Length)
        {
            Span<ulong> entries = _entries.AsSpan(0, (int)Math.Min(_entries.Length, run.Count - done));
            for (int i = 0; i < entries.Length; i++)
            {
                entries[i] = run.Entry.Raw + (ulong)(done + i);
            }

            writer.Add(run.Address + PageGeometry.ToAddress((ulong)done), entries, frameKind, cancellationToken);
        }
    }
}
