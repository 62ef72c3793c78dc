using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Page frames side by side that are alike. Words are null where the kernel does not track memory, or where their file is missing.</summary>
internal readonly record struct FrameRun(ulong Pfn, long Count, ulong? Flags, PageUse Use, ulong? MapCount, ulong? Cgroup)
{
    /// <summary>Whether another run continues this one.</summary>
    public bool IsContinuedBy(in FrameRun next) =>
        next.Pfn == Pfn + (ulong)Count && next.Flags == Flags && next.Use == Use && next.MapCount == MapCount && next.Cgroup == Cgroup;
}

/// <summary>Rows of the table frames.</summary>
internal sealed class FrameRows : SnapshotRows
{
    private readonly SnapshotColumn<ulong> _pfn;
    private readonly SnapshotColumn<long> _frames;
    private readonly SnapshotColumn<ulong> _flags;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _flagNames;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _use;
    private readonly SnapshotColumn<long> _mapCount;
    private readonly SnapshotColumn<ulong> _cgroup;
    private readonly Dictionary<ulong, ReadOnlyMemory<char>> _names = [];

    public FrameRows()
    {
        _pfn = Define<ulong>("pfn", "page frame number", "The first page frame of the run.", SnapshotEncoding.Delta);
        _frames = Define<long>("frames", "page frames", "The number of page frames of the run, which lie side by side and are alike.", SnapshotEncoding.Delta);
        _flags = DefineNullable<ulong>("flags", "bits", "The word of /proc/kpageflags (include/uapi/linux/kernel-page-flags.h).");
        _flagNames = DefineText("flag_names", "The names of the flags that mean the same on every kernel, separated by commas.");
        _use = DefineText("use", "What the page frames are used for.");
        _mapCount = DefineNullable<long>("map_count", "mappings", "How many times each page frame is mapped (/proc/kpagecount).", SnapshotEncoding.Delta);
        _cgroup = DefineNullable<ulong>("cgroup_inode", "inode", "The memory cgroup that the page frames are charged to (/proc/kpagecgroup); 0 for none.");
    }

    public void Add(in FrameRun run)
    {
        _pfn.Add(run.Pfn);
        _frames.Add(run.Count);
        _flags.Add(run.Flags);
        _flagNames.Add(run.Flags is { } flags ? GetNames(flags) : ToText(null));
        _use.Add(EnumText<PageUse>.Get(run.Use));
        _mapCount.Add((long?)run.MapCount);
        _cgroup.Add(run.Cgroup);
        EndRow();
    }

    /// <summary>Takes the next row of a batch that was read.</summary>
    public FrameRun Take() =>
        new(_pfn.TakeKnown(), _frames.TakeKnown(), _flags.Take(), EnumText<PageUse>.Find(_use.Take()) ?? PageUse.Unknown, (ulong?)_mapCount.Take(), _cgroup.Take());

    // A machine has some 200 different words.
    private ReadOnlyMemory<char> GetNames(ulong word)
    {
        if (!_names.TryGetValue(word, out ReadOnlyMemory<char> names))
        {
            names = KPageFlagsNames.Format(KPageFlagsDecoder.DecodeWellKnown(word)).AsMemory();
            _names.Add(word, names);
        }

        return names;
    }
}
