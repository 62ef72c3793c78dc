using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Cells;

/// <summary>Maps of page frames with known words.</summary>
[Trait("Tier", "Unit")]
public sealed class FrameCellTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Free = 1UL << 10;
    private const ulong Slab = 1UL << 7;
    private const ulong NoPage = 1UL << 20;

    private static readonly int s_section = KernelFile.SectionFrames;

    private readonly FakeProc _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(4)]
    [InlineData(500)]
    public void CountsAddUpToTheWordsWhateverTheNumberOfCells(int maxCells)
    {
        ulong[] words = CreateWords((2 * s_section) + 77);
        _tree.WriteEntries("kpageflags", 0, words);

        PageCellMap map = Read(new PageCellQuery { By = PageCellKey.Kind, MaxCells = maxCells });

        Assert.Equal(
            [("Free", words.LongCount(word => word == Free)), ("Anonymous", words.LongCount(word => word == Anonymous)), ("Slab", words.LongCount(word => word == Slab)), ("NotMemory", words.LongCount(word => word == NoPage))],
            map.Legend.Select(category => (category.Name, category.PageCount)));
        PageCell[] cells = [.. map.Sections.SelectMany(section => section.Cells)];
        Assert.InRange(cells.Length, 1, maxCells);
        Assert.Equal(words.Length, cells.Sum(cell => cell.PageCount));
        foreach (PageCell cell in cells)
        {
            ReadOnlySpan<ulong> own = words.AsSpan((int)cell.FirstPage, (int)cell.PageCount);
            Assert.Equal(own.Count(Slab), cell.GetPageCount(map.Categories.Single(category => category.Name == "Slab").Index));
        }
    }

    [Fact]
    public void AHoleTakesNoCells()
    {
        _tree.WriteEntries("kpageflags", 0, [.. CreateWords(s_section), .. Enumerable.Repeat(NoPage, 5 * s_section), .. CreateWords(s_section)]);

        PageCellMap map = Read(new PageCellQuery { By = PageCellKey.Kind });

        Assert.Equal([0UL, 6 * (ulong)s_section], map.Sections.Select(section => section.FirstPage));
        Assert.Equal(5 * s_section, map.Categories[0].PageCount - map.Sections.Sum(section => section.Cells.Sum(cell => cell.GetPageCount(0))));
    }

    [Fact]
    public void ARangeLimitsTheMap()
    {
        ulong[] words = CreateWords(5000);
        _tree.WriteEntries("kpageflags", 0, words);

        PageCellMap map = Read(new PageCellQuery { By = PageCellKey.Kind }, new FrameRange(1000, 200));

        Assert.Equal(200, map.Sections.Sum(section => section.PageCount));
        Assert.Equal(words[1000..1200].LongCount(word => word == Slab), map.Categories.Single(category => category.Name == "Slab").PageCount);
    }

    [Fact]
    public void FreePageFramesAreNoCgroupAndHaveNoMapCount()
    {
        _tree.WriteEntries("kpageflags", 0, Anonymous, Anonymous, Free, Slab)
            .WriteEntries("kpagecount", 0, 1, 2, 0, 0)
            .WriteEntries("kpagecgroup", 0, 8_999_999_999, 0, 0, 0);

        Assert.Equal("0 1, 1 1, 2 1, Free 1", Describe(new PageCellQuery { By = PageCellKey.MapCount }));
        Assert.Equal("no cgroup 2, Free 1, cgroup 8999999999 (removed) 1", Describe(new PageCellQuery { By = PageCellKey.Cgroup }));
        Assert.Equal("BUDDY 1, SLAB 1, NoneOfThese 2", Describe(new PageCellQuery { By = PageCellKey.Flag, Flags = [KPageFlags.BUDDY, KPageFlags.SLAB] }));
    }

    [Fact]
    public void PageFramesHaveNoState() => Assert.Throws<ArgumentException>(() => Read(new PageCellQuery()));

    private static ulong[] CreateWords(int count)
    {
        Random random = new(7);
        ulong[] kinds = [Anonymous, Free, Slab, NoPage];
        ulong[] words = new ulong[count];
        for (int i = 0; i < count;)
        {
            int end = Math.Min(count, i + random.Next(1, 300));
            words.AsSpan(i, end - i).Fill(kinds[random.Next(kinds.Length)]);
            i = end;
        }

        return words;
    }

    private string Describe(PageCellQuery query) => string.Join(", ", Read(query).Legend.Select(category => $"{category.Name} {category.PageCount}"));

    private PageCellMap Read(PageCellQuery query, FrameRange? range = null)
    {
        using ProcfsContext procfs = new(_tree.Root);
        return procfs.ReadFrameCells(range, query, cancellationToken: TestContext.Current.CancellationToken);
    }
}
