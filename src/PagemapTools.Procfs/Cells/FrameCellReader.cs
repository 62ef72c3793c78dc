using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Cells;

/// <summary>Reads the page frames of the machine into cells, on several threads.</summary>
internal sealed class FrameCellReader
{
    // No folio crosses the end of a section, except hugetlb pages, each of whose frames has the flag.
    private static readonly int s_chunkFrames = PageGeometry.SectionFrames;

    // These bits change without a change of use.
    private const ulong Volatile = (ulong)(KPageFlags.LOCKED | KPageFlags.REFERENCED | KPageFlags.IDLE);

    private readonly ProcfsContext _procfs;
    private readonly PageCellQuery _query;
    private readonly CellCategories _categories;
    private readonly PageIndexedFile _flags;
    private readonly PageIndexedFile? _other;
    private readonly object _lock = new();
    private Dictionary<ulong, PageCell> _cells = [];
    private long _emptyFrames;
    private int _shift;

    public FrameCellReader(ProcfsContext procfs, PageCellQuery query)
    {
        _procfs = procfs;
        _query = query;
        _categories = new CellCategories(query, isOfFrames: true);
        _flags = procfs.Frames.Get(FrameProperties.Flags);
        _other = query.By switch
        {
            PageCellKey.MapCount => procfs.Frames.Get(FrameProperties.MapCount),
            PageCellKey.Cgroup => procfs.Frames.Get(FrameProperties.Cgroup),
            _ => null,
        };
    }

    /// <summary>Reads a range of page frames, or as much of it as there is.</summary>
    public PageCellMap Read(FrameRange range, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        ulong end = range.Count > ulong.MaxValue - range.First ? ulong.MaxValue : range.First + range.Count;
        long next = (long)(range.First / (ulong)s_chunkFrames);
        ParallelRunner.Run(Environment.ProcessorCount, _ =>
        {
            using RentedArray<ulong> words = new(s_chunkFrames);
            using RentedArray<ulong> others = new(s_chunkFrames);
            int read;
            ulong first;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                first = (ulong)(Interlocked.Increment(ref next) - 1) * (ulong)s_chunkFrames;
                read = first < end ? _flags.Read(first, words.Array.AsSpan(0, s_chunkFrames)) : 0;
                AddChunk(first, words.Array.AsSpan(0, read), ReadOthers(first, others.Array.AsSpan(0, read)), range.First, end);
                progress?.Report(first + (ulong)read);
            }
            while (read == s_chunkFrames);
        }, cancellationToken);

        IReadOnlyList<PageCellSection> sections = CreateSections();
        return new PageCellMap(_query.By, _shift, _categories.Create(_procfs, sections, _emptyFrames, cancellationToken), sections);
    }

    private Span<ulong> ReadOthers(ulong first, Span<ulong> words)
    {
        int read = _other?.Read(first, words) ?? 0;
        words[read..].Clear();
        return _other is null ? [] : words;
    }

    private void AddChunk(ulong first, ReadOnlySpan<ulong> flags, ReadOnlySpan<ulong> others, ulong begin, ulong end)
    {
        // The kernel shows 0 for memory that it has not initialised, and since 6.18 for addresses without memory.
        bool isUntracked = !flags.ContainsAnyExcept(0UL);
        bool isEmpty = true;
        Dictionary<ulong, PageCell> cells = [];
        int shift = System.Threading.Volatile.Read(ref _shift);
        FrameRuns runs = new(flags, others);
        while (runs.MoveNext())
        {
            ulong runFirst = Math.Max(begin, first + (ulong)runs.First);
            ulong runEnd = Math.Min(end, first + (ulong)(runs.First + runs.Length));
            PageUse use = !isUntracked ? runs.Use : _procfs.Nodes.HasBlock(first) == false ? PageUse.NotMemory : PageUse.Unknown;
            int category = use == PageUse.NotMemory ? CellCategories.Empty : Classify(runs, use, runFirst);
            isEmpty &= category == CellCategories.Empty;
            for (ulong frame = runFirst; frame < runEnd;)
            {
                ulong cellEnd = Math.Min(runEnd, ((frame >> shift) + 1) << shift);
                ulong hash = _query.By == PageCellKey.Age ? PageCell.HashWord(runs.Flags & ~Volatile) : 0;
                AddCell(cells, new PageCell(frame, cellEnd, category, (long)(cellEnd - frame), hash), shift);
                frame = cellEnd;
            }
        }

        Merge(cells.Values, isEmpty);
    }

    private int Classify(in FrameRuns runs, PageUse use, ulong frame) => _query.By switch
    {
        PageCellKey.Kind => CellCategories.FromUse(use),
        PageCellKey.Node => _categories.FromGroup((ulong?)_procfs.Nodes.Find(frame)),
        PageCellKey.Flag => _categories.FromFlags(runs.Flags),
        _ when use == PageUse.Free => _categories.Free,
        PageCellKey.MapCount => _categories.FromMapCount(runs.Other),
        PageCellKey.Cgroup => _categories.FromGroup(runs.InheritedOther),
        _ => CellCategories.Present,
    };

    /// <summary>Adds the cells of a chunk to those of the machine. Memory is sparse: a chunk without any counts as a number alone.</summary>
    private void Merge(IEnumerable<PageCell> cells, bool isEmpty)
    {
        lock (_lock)
        {
            if (isEmpty)
            {
                _emptyFrames += cells.Sum(cell => cell.PageCount);
                return;
            }

            foreach (PageCell cell in cells)
            {
                AddCell(_cells, cell, _shift);
            }

            while (_cells.Count > _query.MaxCells)
            {
                Dictionary<ulong, PageCell> fine = _cells;
                _cells = [];
                System.Threading.Volatile.Write(ref _shift, _shift + 1);
                foreach (PageCell cell in fine.Values)
                {
                    AddCell(_cells, cell, _shift);
                }
            }
        }
    }

    private static void AddCell(Dictionary<ulong, PageCell> cells, PageCell cell, int shift)
    {
        if (!cells.TryAdd(cell.FirstPage >> shift, cell))
        {
            cells[cell.FirstPage >> shift].Add(cell);
        }
    }

    // A section ends where memory does, and where the next node begins.
    private List<PageCellSection> CreateSections()
    {
        List<PageCellSection> sections = [];
        List<PageCell> cells = [];
        foreach (PageCell cell in _cells.Values.OrderBy(cell => cell.FirstPage))
        {
            if (cells.Count > 0 && (cells[^1].EndPage != cell.FirstPage || GetNode(cells[0]) != GetNode(cell)))
            {
                sections.Add(CreateSection(cells));
                cells = [];
            }

            cells.Add(cell);
        }

        return cells.Count == 0 ? sections : [.. sections, CreateSection(cells)];
    }

    private PageCellSection CreateSection(List<PageCell> cells) =>
        new(GetNode(cells[0]) is { } node ? $"node {node}" : null, cells[0].FirstPage, cells[^1].EndPage, mappingCount: 0, cells);

    private int? GetNode(PageCell cell) => _procfs.Nodes.Find(cell.FirstPage);
}
