using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Pages;

[Trait("Tier", "Unit")]
public sealed class PageRangeBuilderTests
{
    private const ulong Base = 0x7f0000000000;
    private static readonly ulong s_page = KernelFile.PageSize;
    private static readonly MemoryMapping s_mapping = Identities.CreateMapping(Base, Base + (100 * s_page));

    [Theory]
    [InlineData("P10 P11 P12", "3")]
    [InlineData("P10 P12 P13", "1 2")]
    [InlineData("P12 P11 P10", "1 1 1")]
    [InlineData("P10 P10", "1 1")]
    [InlineData("P10 E11 E12 P13", "1 2 1")]
    [InlineData("P10 F11", "1 1")]
    [InlineData("P10 D11", "1 1")]
    [InlineData("P10 S11 S12", "1 2")]
    [InlineData("S11 S12 S14 S13", "2 1 1")]
    [InlineData("S11 T12", "1 1")]
    [InlineData("G G G", "3")]
    [InlineData("G U", "1 1")]
    [InlineData("U U", "2")]
    [InlineData("0 0 0 P10", "3 1")]
    [InlineData("h h h", "3")]
    [InlineData("h P10", "1 1")]
    [InlineData("s s", "2")]
    [InlineData("P10 . P11", "1 1")]
    [InlineData("0 . 0", "1 1")]
    public void ConsecutiveSimilarPagesFormOneRange(string rows, string lengths) =>
        Assert.Equal(lengths, string.Join(' ', Merge(CreateBatch(rows), FrameProperties.None, _ => 0).Select(range => range.PageCount)));

    [Theory]
    [InlineData("P10 P99 P12", "3")]
    [InlineData("P10 E11 E12 P13", "1 2 1")]
    [InlineData("P10 F11", "1 1")]
    [InlineData("P10 S11 S15 S12", "1 3")]
    [InlineData("S11 T12", "1 1")]
    [InlineData("G U", "1 1")]
    [InlineData("h P10", "2")]
    [InlineData("P10 . P11", "1 1")]
    public void IgnoredPageFramesDoNotSplitARange(string rows, string lengths) =>
        Assert.Equal(lengths, string.Join(' ', Merge(CreateBatch(rows), FrameProperties.None, _ => 0, ignorePfn: true).Select(range => range.PageCount)));

    [Fact]
    public void RangesThatIgnorePageFramesHaveNoneAndNoSwapOffset()
    {
        List<PageRange> ranges = Merge(CreateBatch("P10 P50 S5 S9"), FrameProperties.None, _ => 0, ignorePfn: true);
        Assert.Equal([(PageState.Present, 2L), (PageState.Swapped, 2L)], ranges.Select(range => (range.State!.Value, range.PageCount)));
        Assert.All(ranges, range => Assert.Null(range.Pfn));
        Assert.All(ranges, range => Assert.Null(range.SwapOffset));
        Assert.Equal("/swapfile", ranges[1].SwapFile);
    }

    [Fact]
    public void CompoundMarksDoNotSplitARangeThatIgnoresPageFrames()
    {
        static ulong Flags(int row) => (ulong)(KPageFlags.HUGE | (row == 0 ? KPageFlags.COMPOUND_HEAD : KPageFlags.COMPOUND_TAIL));
        Assert.Equal([1L, 2], Merge(CreateBatch("P10 P11 P12"), FrameProperties.Flags, Flags).Select(range => range.PageCount));
        PageRange range = Assert.Single(Merge(CreateBatch("P10 P11 P12"), FrameProperties.Flags, Flags, ignorePfn: true));
        Assert.Equal((3L, KPageFlags.HUGE), (range.PageCount, range.Flags!.Value));
    }

    [Fact]
    public void ARangeDescribesItsFirstPageAndItsLength()
    {
        PageRange[] ranges = [.. Merge(CreateBatch("P10 P11 S5 S6"), FrameProperties.None, _ => 0)];
        Assert.Equal(2, ranges.Length);
        Assert.Equal((Base, Base + (2 * s_page), 2 * (long)s_page), (ranges[0].Address!.Value, ranges[0].EndAddress!.Value, ranges[0].Bytes));
        Assert.Equal((10UL, PageState.Present), (ranges[0].Pfn!.Value, ranges[0].State!.Value));
        Assert.Equal((7, s_mapping), (ranges[0].ProcessId!.Value, ranges[0].Mapping!));
        Assert.Equal((PageState.Swapped, 0, 5UL, "/swapfile"), (ranges[1].State!.Value, ranges[1].SwapType!.Value, ranges[1].SwapOffset!.Value, ranges[1].SwapFile!));
        Assert.Null(ranges[1].Pfn);
    }

    [Fact]
    public void AdjacentMappingsSplitARange()
    {
        MemoryMapping next = Identities.CreateMapping(Base + s_page, Base + (2 * s_page));
        PageBatch batch = new();
        batch.Add(s_mapping, Base, PagemapBits.Present | 10);
        batch.Add(next, Base + s_page, PagemapBits.Present | 11);
        Assert.Equal(2, Merge(batch, FrameProperties.None).Count);
    }

    [Fact]
    public void OnlyVisibleFlagsSplitARange()
    {
        // Only the raw view shows MLOCKED.
        ulong Flags(int row) => (ulong)KPageFlags.ANON | (row % 2 == 0 ? (ulong)KPageFlags.MLOCKED : 0);
        Assert.Equal([4L], Merge(CreateBatch("P10 P11 P12 P13"), FrameProperties.Flags, Flags).Select(range => range.PageCount));
        Assert.Equal([1L, 1, 1, 1], Merge(CreateBatch("P10 P11 P12 P13"), FrameProperties.Flags, Flags, isRaw: true).Select(range => range.PageCount));
    }

    [Fact]
    public void OnlyRequestedPropertiesSplitARange()
    {
        static ulong Count(int row) => row < 2 ? 1UL : 2;
        Assert.Equal([2L, 2], Merge(CreateBatch("P10 P11 P12 P13"), FrameProperties.MapCount, Count).Select(range => range.PageCount));
        Assert.Equal([2L, 2], Merge(CreateBatch("P10 P11 P12 P13"), FrameProperties.Cgroup, Count).Select(range => range.PageCount));
        Assert.Equal([4L], Merge(CreateBatch("P10 P11 P12 P13"), FrameProperties.None, Count).Select(range => range.PageCount));
    }

    [Fact]
    public void ResolvedStatesSplitARange()
    {
        PageBatch batch = new();
        PageState[] states = [PageState.NotMapped, PageState.NotMapped, PageState.SwappedShared, PageState.Unpopulated];
        for (int row = 0; row < states.Length; row++)
        {
            batch.Add(s_mapping, Base + ((ulong)row * s_page), 0, states[row]);
        }

        Assert.Equal(
            [(PageState.NotMapped, 2L), (PageState.SwappedShared, 1), (PageState.Unpopulated, 1)],
            Merge(batch, FrameProperties.None).Select(range => (range.State!.Value, range.PageCount)));
    }

    [Fact]
    public void RangesOfPhysicalFramesHaveNoAddress()
    {
        PageBatch batch = new();
        foreach (ulong pfn in (ulong[])[5, 6, 8])
        {
            batch.Add(pfn);
        }

        List<PageRange> ranges = Merge(batch, FrameProperties.None);
        Assert.Equal([(5UL, 2L), (8UL, 1L)], ranges.Select(range => (range.Pfn!.Value, range.PageCount)));
        Assert.All(ranges, range => Assert.Null(range.Address));
        Assert.All(ranges, range => Assert.Null(range.State));
        Assert.All(ranges, range => Assert.Null(range.Mapping));
    }

    [Fact]
    public void NoPagesGiveNoRange() => Assert.Null(new PageRangeBuilder().Complete());

    /// <summary>
    /// P present, E exclusive, F file and D soft-dirty, each with its page frame number; S and T swapped to areas 0 and 1; G guard;
    /// U uffd marker; h and s hidden; 0 unpopulated; . a gap.
    /// </summary>
    private static PageBatch CreateBatch(string rows)
    {
        PageBatch batch = new();
        ulong address = Base;
        foreach (string row in rows.Split(' '))
        {
            ulong number = row.Length > 1 ? ulong.Parse(row[1..]) : 0;
            if (row != ".")
            {
                batch.Add(s_mapping, address, row[0] switch
                {
                    'P' => PagemapBits.Present | number,
                    'E' => PagemapBits.Present | PagemapBits.Exclusive | number,
                    'F' => PagemapBits.Present | PagemapBits.File | number,
                    'D' => PagemapBits.Present | PagemapBits.SoftDirty | number,
                    'S' => PagemapBits.Swapped(0, number),
                    'T' => PagemapBits.Swapped(1, number),
                    'G' => PagemapBits.GuardRegion,
                    'U' => PagemapBits.UffdMarker,
                    'h' => PagemapBits.Present,
                    's' => PagemapBits.Swap,
                    _ => 0,
                });
            }

            address += s_page;
        }

        return batch;
    }

    private static List<PageRange> Merge(PageBatch batch, FrameProperties fields, Func<int, ulong> word, bool isRaw = false, bool ignorePfn = false)
    {
        foreach (FrameProperties field in KPageFiles.AllProperties)
        {
            Span<ulong> words = batch.GetColumn(field).Span;
            for (int row = 0; row < words.Length; row++)
            {
                words[row] = word(row);
            }
        }

        return Merge(batch, fields, isRaw, ignorePfn);
    }

    private static List<PageRange> Merge(PageBatch batch, FrameProperties fields, bool isRaw = false, bool ignorePfn = false)
    {
        PageRangeBuilder builder = new(ignorePfn);
        List<PageRange?> ranges = [];
        for (int row = 0; row < batch.Count; row++)
        {
            ranges.Add(builder.Add(Create(batch, row, fields, isRaw)));
        }

        ranges.Add(builder.Complete());
        return [.. ranges.OfType<PageRange>()];
    }

    private static PageInfo Create(PageBatch batch, int row, FrameProperties fields, bool isRaw)
    {
        PageValues values = batch.GetValues(row);
        values.UseRawFlags = isRaw;
        foreach (FrameProperties field in KPageFiles.AllProperties.Where(field => (fields & field) != 0))
        {
            values.Set(field, batch.GetValue(field, row));
        }

        return values.Mapping is null ? new PageInfo(values) : new ProcessPageInfo(values);
    }

    [Fact]
    public void RangeThatAFailureCutsShortComesBeforeTheFailure()
    {
        ProcfsException failure = new(ProcfsError.ReadFailed, "made-up", "/made/up");
        PageRangeBuilder builder = new();
        using IEnumerator<PageRange> ranges = builder.Add(Fail()).GetEnumerator();
        Assert.True(ranges.MoveNext());
        Assert.Equal(2, ranges.Current.PageCount);
        Assert.Same(failure, Assert.Throws<ProcfsException>(() => ranges.MoveNext()));

        IEnumerable<PageInfo> Fail()
        {
            yield return new PageInfo(4);
            yield return new PageInfo(5);
            throw failure;
        }
    }
}
