using System.Collections.Concurrent;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Cells;

/// <summary>
/// The cells of a process, mapping by mapping. One thread announces the mappings, another one adds their pages; both in ascending order.
/// </summary>
/// <param name="maxCells">The number of cells.</param>
/// <param name="ranges">The addresses that are read; none for all.</param>
internal sealed class ProcessCellSections(int maxCells, IReadOnlyList<AddressRange> ranges)
{
    // The cells of neighbouring mappings beyond this number are in the last section, so that the number of cells stays bounded.
    private const int MaxSections = 4096;

    // A run is added in pieces, so that it has no more cells than this before they are counted.
    private const ulong MaxCellsPerStep = 1024;

    private readonly ConcurrentQueue<MemoryMapping> _expected = new();
    private readonly List<Section> _sections = [];
    private readonly Queue<AddressRange> _parts = new();
    private MemoryMapping? _mapping;
    private ulong _position;
    private ulong _end;
    private int _cells;

    /// <summary>The number of pages of a cell, as a power of two.</summary>
    public int Shift { get; private set; }

    /// <summary>Announces the next mapping; always returns true.</summary>
    public bool Expect(MemoryMapping mapping)
    {
        _expected.Enqueue(mapping);
        return true;
    }

    /// <summary>Adds pages of one category.</summary>
    public void AddRun(MemoryMapping mapping, ulong firstPage, ulong endPage, int category, ulong hash)
    {
        while (!ReferenceEquals(_mapping, mapping) && _expected.TryDequeue(out MemoryMapping? next))
        {
            Begin(next);
        }

        while (firstPage >= _end)
        {
            EndPart();
        }

        AddGap(firstPage);
        while (_position < endPage)
        {
            ulong end = Math.Min(endPage, _position + (MaxCellsPerStep << Shift));
            CellList cells = _sections[^1].Cells;
            _cells -= cells.Cells.Count;
            cells.AddRun(_position, end, category, hash);
            _cells += cells.Cells.Count;
            _position = end;
            FitCells();
        }
    }

    /// <summary>Returns the sections with all mappings that were announced.</summary>
    public IReadOnlyList<PageCellSection> Complete()
    {
        while (_expected.TryDequeue(out MemoryMapping? next))
        {
            Begin(next);
        }

        EndMapping();
        return [.. _sections.Select(section => new PageCellSection(section.Name, PageGeometry.ToPageIndex(section.Start), PageGeometry.ToPageIndex(section.End), section.Mappings, section.Cells.Cells))];
    }

    private void Begin(MemoryMapping mapping)
    {
        EndMapping();
        foreach (AddressRange part in MappingParts.Clip(mapping, ranges))
        {
            _parts.Enqueue(part);
        }

        if (_parts.Count == 0)
        {
            return;
        }

        Section? last = _sections.Count > 0 ? _sections[^1] : null;
        if (last is null || (!last.Continues(mapping) && _sections.Count < MaxSections))
        {
            _sections.Add(last = new Section(mapping, new CellList(Shift)));
        }

        last.End = mapping.End;
        last.Mappings++;
        _mapping = mapping;
        TakePart();
    }

    private void EndMapping()
    {
        while (_position < _end)
        {
            EndPart();
        }
    }

    private void EndPart()
    {
        AddGap(_end);
        TakePart();
    }

    private void TakePart() => (_position, _end) = _parts.TryDequeue(out AddressRange part)
        ? (PageGeometry.ToPageIndex(part.Start), PageGeometry.ToPageIndex(part.End))
        : (0, 0);

    private void AddGap(ulong end)
    {
        CellList cells = _sections[^1].Cells;
        _cells -= cells.Cells.Count;
        cells.AddGap(_position, end);
        _cells += cells.Cells.Count;
        _position = end;
        FitCells();
    }

    private void FitCells()
    {
        while (_cells > Math.Max(maxCells, 3 * _sections.Count))
        {
            Shift++;
            _sections.ForEach(section => section.Cells = CellList.Merge(section.Cells.Cells, Shift));
            _cells = _sections.Sum(section => section.Cells.Cells.Count);
        }
    }

    private sealed class Section(MemoryMapping first, CellList cells)
    {
        public string Name { get; } = first.Name;

        public ulong Start { get; } = first.Start;

        public ulong End { get; set; } = first.Start;

        public int Mappings { get; set; }

        public CellList Cells { get; set; } = cells;

        /// <summary>Whether a mapping is of the same file, or is the next part of the same anonymous memory.</summary>
        public bool Continues(MemoryMapping mapping) => mapping.Name == Name && (mapping.Path is not null || mapping.Start == End);
    }
}
