using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Cells;

/// <summary>Maps of processes with known entries.</summary>
[Trait("Tier", "Unit")]
public sealed class ProcessCellTests : IDisposable
{
    private const ulong Address = 0x10000000;
    private const ulong Pfn = 0x1000;
    private const int Id = 2;

    private static readonly ulong s_page = (ulong)KernelFile.PageSize;

    private readonly FakeProc _tree = new();

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(40)]
    [InlineData(10_000)]
    public void CountsAddUpToTheEntriesWhateverTheNumberOfCells(int maxCells)
    {
        ulong[] entries = CreateEntries(3000);
        _tree.AddProcess(Id, Address, entries);

        PageCellMap map = Read(new PageCellQuery { MaxCells = maxCells });

        Assert.Equal(
            [("Private", entries.LongCount(IsPrivate)), ("Shared", entries.LongCount(IsShared)), ("Swapped", entries.LongCount(IsSwapped)), ("Unpopulated", entries.LongCount(entry => entry == 0))],
            map.Legend.Select(category => (category.Name, category.PageCount)));
        Assert.InRange(map.Sections.Sum(section => section.Cells.Count), 1, Math.Max(maxCells, 3));
        AssertConsistent(map, entries.Length);
    }

    [Fact]
    public void ADetailedMapTellsLargeFoliosAndForkedMemory()
    {
        const ulong Large = (1UL << 16) | (1UL << 22);
        ulong[] entries =
        [
            PagemapBits.PresentAt(Pfn) | PagemapBits.Exclusive, PagemapBits.PresentAt(Pfn + 1) | PagemapBits.Exclusive, PagemapBits.PresentAt(Pfn + 2), PagemapBits.PresentAt(Pfn + 3),
            PagemapBits.PresentAt(Pfn + 4) | (1UL << 61), PagemapBits.PresentAt(Pfn + 5) | PagemapBits.Exclusive | (1UL << 61), PagemapBits.Swapped(0, 1),
        ];
        _tree.AddProcess(Id, Address, entries).WriteEntries("kpageflags", (int)Pfn, Large, 0, Large, 1UL << 24, 0, Large);

        Assert.Equal("Private 3, Shared 2, ZeroPage 1, Swapped 1", Describe(new PageCellQuery()));
        Assert.Equal("Private 2, Shared 1, ZeroPage 1, PrivateLarge 1, SharedAnonymous 1, Swapped 1", Describe(new PageCellQuery { IsDetailed = true }));
    }

    [Fact]
    public void EachCellCountsItsOwnPages()
    {
        ulong[] entries = CreateEntries(3000);
        _tree.AddProcess(Id, Address, entries);

        PageCellMap map = Read(new PageCellQuery { MaxCells = 64 });

        foreach (PageCell cell in map.Sections.SelectMany(section => section.Cells))
        {
            ReadOnlySpan<ulong> own = entries.AsSpan((int)(cell.FirstPage - (Address / s_page)), (int)cell.PageCount);
            Assert.Equal(own.ToArray().LongCount(IsPrivate), GetPages(map, cell, "Private"));
            Assert.Equal(own.ToArray().LongCount(IsSwapped), GetPages(map, cell, "Swapped"));
            Assert.True(cell.IsGap || cell.FirstPage / (ulong)map.PagesPerCell == (cell.EndPage - 1) / (ulong)map.PagesPerCell);
        }
    }

    [Fact]
    public void LargerCellsHaveTheSameCounts()
    {
        _tree.AddProcess(Id, Address, CreateEntries(3000));
        PageCellMap map = Read(new PageCellQuery());
        for (int doubling = 0; doubling < 16; doubling++)
        {
            map = map.Coarsen();
            AssertConsistent(map, 3000);
        }

        Assert.Equal(3000, Assert.Single(map.Sections.Single().Cells).PageCount);
    }

    [Fact]
    public void AGapIsOneCell()
    {
        ulong[] entries = new ulong[2048];
        entries[0] = PagemapBits.PresentAt(Pfn) | PagemapBits.Exclusive;
        entries[2047] = PagemapBits.PresentAt(Pfn + 1);
        _tree.AddProcess(Id, Address, entries);

        PageCellMap map = Read(new PageCellQuery());

        Assert.Equal([(1, false), (2046, true), (1, false)], map.Sections.Single().Cells.Select(cell => (cell.PageCount, cell.IsGap)));
        map = map.Coarsen().Coarsen();
        Assert.Equal([(4, false), (2040, true), (4, false)], map.Sections.Single().Cells.Select(cell => (cell.PageCount, cell.IsGap)));
    }

    [Fact]
    public void MappingsOfOneFileAreOneSection()
    {
        _tree.AddProcess(
            Id,
            $"{Address:x}-{Address + (2 * s_page):x} r--p 00000000 08:01 7 /lib/a.so",
            $"{Address + (2 * s_page):x}-{Address + (4 * s_page):x} r-xp {2 * s_page:x8} 08:01 7 /lib/a.so",
            $"{Address + (4 * s_page):x}-{Address + (6 * s_page):x} rw-p 00000000 00:00 0",
            $"{Address + (6 * s_page):x}-{Address + (8 * s_page):x} r--p 00000000 00:00 0",
            $"{2 * Address:x}-{(2 * Address) + (2 * s_page):x} rw-p 00000000 00:00 0 [stack]");
        _tree.WritePagemap(Id, Address, new ulong[16]).WritePagemap(Id, 2 * Address, 0, PagemapBits.PresentAt(Pfn));

        PageCellMap map = Read(new PageCellQuery());

        Assert.Equal(
            [("/lib/a.so", 2, 4L, 0L), ("[anon]", 2, 4, 0), ("[stack]", 1, 2, 1)],
            map.Sections.Select(section => (section.Name, section.MappingCount, section.PageCount, section.PopulatedPageCount)));
    }

    [Fact]
    public void AddressesSelectThePages()
    {
        ulong[] entries = CreateEntries(100);
        _tree.AddProcess(Id, Address, entries);

        PageCellMap map = Read(new PageCellQuery { Walk = new PageWalkOptions { Addresses = [new AddressRange(Address + (10 * s_page), Address + (20 * s_page)), new AddressRange(Address + (40 * s_page), Address + (41 * s_page))] } });

        Assert.Equal(11, map.Sections.Sum(section => section.PageCount));
        Assert.Equal(entries[10..20].Append(entries[40]).LongCount(IsSwapped), map.Categories.Single(category => category.Name == "Swapped").PageCount);
    }

    [Fact]
    public void PropertiesOfPageFramesAreCounted()
    {
        ulong[] entries = [.. Enumerable.Range(0, 8).Select(i => PagemapBits.PresentAt(Pfn + (ulong)i)), PagemapBits.Swapped(0, 1)];
        _tree.AddProcess(Id, Address, entries)
            .WriteEntries("kpageflags", Pfn, 1 << 12, 1 << 22, (1 << 22) | (1 << 12), 1 << 24, 1 << 12, 1 << 12, 1 << 12, 1 << 12)
            .WriteEntries("kpagecount", Pfn, 1, 1, 2, 0, 8, 9, 64, 65)
            .WriteEntries("kpagecgroup", Pfn, 0, 8_999_999_999, 8_999_999_999, 0, 0, 0, 0, 0);

        Assert.Equal("ZERO_PAGE 1, THP 2, ANON 5, Swapped 1", Describe(new PageCellQuery { By = PageCellKey.Flag }));
        Assert.Equal("ANON 6, NoneOfThese 2, Swapped 1", Describe(new PageCellQuery { By = PageCellKey.Flag, Flags = [KPageFlags.ANON] }));
        Assert.Equal("0 1, 1 2, 2 1, 3 to 8 1, 9 to 64 2, 65 and more 1, Swapped 1", Describe(new PageCellQuery { By = PageCellKey.MapCount }));
        Assert.Equal("no cgroup 6, cgroup 8999999999 (removed) 2, Swapped 1", Describe(new PageCellQuery { By = PageCellKey.Cgroup }));
        Assert.Equal("Unknown 8, Swapped 1", Describe(new PageCellQuery { By = PageCellKey.Node }));
        Assert.Equal("Anonymous 6, Kernel 1, ZeroPage 1, Swapped 1", Describe(new PageCellQuery { By = PageCellKey.Kind }));
    }

    [Fact]
    public void AgesAreThoseOfTheCellsThatChanged()
    {
        FakeTime time = new();
        PageCellAges ages = new(time);
        ulong[] entries = [.. Enumerable.Range(0, 64).Select(i => PagemapBits.PresentAt(Pfn + (ulong)i))];
        Assert.Equal("Unchanged 64", Age());
        entries[20] = PagemapBits.PresentAt(1);
        Assert.Equal("ChangedNow 1, Unchanged 63", Age());
        entries[40] = PagemapBits.Swapped(0, 1);
        Assert.Equal("Last5Seconds 1, Unchanged 62, Swapped 1", Age());
        time.Seconds += 25;
        Assert.Equal("Last30Seconds 1, Unchanged 62, Swapped 1", Age());
        time.Seconds += 25;
        Assert.Equal("Unchanged 63, Swapped 1", Age());

        string Age()
        {
            time.Seconds++;
            _tree.AddProcess(Id, Address, entries);
            return Describe(ages.Apply(Read(new PageCellQuery { By = PageCellKey.Age })));
        }
    }

    private static ulong[] CreateEntries(int count)
    {
        Random random = new(7);
        ulong[] entries = new ulong[count];
        for (int i = 0; i < count;)
        {
            int kind = random.Next(4);
            for (int end = Math.Min(count, i + random.Next(1, 90)); i < end; i++)
            {
                entries[i] = kind switch
                {
                    0 => 0,
                    1 => PagemapBits.PresentAt(Pfn + (ulong)i) | PagemapBits.Exclusive,
                    2 => PagemapBits.PresentAt(Pfn + (ulong)i),
                    _ => PagemapBits.Swapped(0, (ulong)i + 1),
                };
            }
        }

        return entries;
    }

    private static bool IsPrivate(ulong entry) => (entry & (PagemapBits.Present | PagemapBits.Exclusive)) == (PagemapBits.Present | PagemapBits.Exclusive);

    private static bool IsShared(ulong entry) => (entry & (PagemapBits.Present | PagemapBits.Exclusive)) == PagemapBits.Present;

    private static bool IsSwapped(ulong entry) => (entry & PagemapBits.Swap) != 0;

    private static long GetPages(PageCellMap map, PageCell cell, string category) => cell.GetPageCount(map.Categories.Single(each => each.Name == category).Index);

    private static void AssertConsistent(PageCellMap map, long pages)
    {
        PageCell[] cells = [.. map.Sections.SelectMany(section => section.Cells)];
        Assert.Equal(pages, cells.Sum(cell => cell.PageCount));
        Assert.All(cells, cell => Assert.Equal(cell.PageCount, cell.Counts.Sum(count => count.PageCount)));
        Assert.All(map.Categories, category => Assert.Equal(category.PageCount, cells.Sum(cell => cell.GetPageCount(category.Index))));
    }

    private static string Describe(PageCellMap map) => string.Join(", ", map.Legend.Select(category => $"{category.Name} {category.PageCount}"));

    private string Describe(PageCellQuery query) => Describe(Read(query));

    private PageCellMap Read(PageCellQuery query)
    {
        using ProcfsContext procfs = new(_tree.Root);
        return procfs.ReadProcessCells(Id, query, cancellationToken: TestContext.Current.CancellationToken);
    }

    private sealed class FakeTime : TimeProvider
    {
        public long Seconds { get; set; }

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => Seconds;
    }
}
