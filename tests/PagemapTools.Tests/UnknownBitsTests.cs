using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>The cmdlets report bits of a newer kernel as numbers, without an error.</summary>
[Trait("Tier", "Unit")]
public sealed class UnknownBitsTests : IDisposable
{
    private const ulong Address = 0x7f0000000000;
    private const ulong NewEntryBits = (1UL << 59) | (1UL << 60);
    private const ulong NewFlags = (1UL << 27) | (1UL << 31) | (1UL << 43) | (1UL << 52);

    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public UnknownBitsTests()
    {
        _tree.AddProcess(
            7,
            Address,
            PagemapBits.PresentAt(1) | NewEntryBits,
            PagemapBits.PresentAt(2) | PagemapBits.Exclusive,
            PagemapBits.Swapped(25, 0x1234),
            PagemapBits.Swapped(31, 0x7fff),
            PagemapBits.Swap,
            NewEntryBits);
        _tree.WriteEntries("kpageflags", 0, 0, NewFlags | (1 << 5), ulong.MaxValue >> 1).WriteEntries("kpagecount", 0, 0, 1, 1).WriteEntries("kpagecgroup", 0, 0, 12345678901234, 1);
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*:ProcPath"] = _tree.Path, ["*:AllowSavedTree"] = true };
    }

    [Fact]
    public void PagesReportUnknownEntryBits()
    {
        IReadOnlyList<PSObject> pages = _session.GetObjects("Get-ProcessPageMap -Id 7 -IncludeUnpopulated");

        Assert.Equal(NewEntryBits, pages[0].Get<ulong>("UnknownBits"));
        Assert.Equal(PagemapBits.PresentAt(1) | NewEntryBits, pages[0].Get<ulong>("RawEntry"));
        Assert.Equal("Present", pages[0].Get<string>("State"));
        Assert.Equal(1UL, pages[0].Get<ulong>("Pfn"));
        Assert.Equal(0UL, pages[1].Get<ulong>("UnknownBits"));
        Assert.Equal("Unpopulated", pages[5].Get<string>("State"));
        Assert.Equal(NewEntryBits, pages[5].Get<ulong>("UnknownBits"));
    }

    [Fact]
    public void UnknownSwapTypeIsReportedAsNumber()
    {
        IReadOnlyList<PSObject> pages = _session.GetObjects("Get-ProcessPageMap -Id 7");

        Assert.Equal("NonSwap", pages[2].Get<string>("State"));
        Assert.Equal(25, pages[2].Get<int>("SwapType"));
        Assert.Equal(0x1234UL, pages[2].Get<ulong>("SwapOffset"));
        Assert.Null(pages[2].Get<string>("SwapFile"));
        Assert.Equal("NonSwap", pages[3].Get<string>("State"));
        Assert.Equal(31, pages[3].Get<int>("SwapType"));
    }

    [Fact]
    public void EntryWithHiddenFieldsReportsHiddenState()
    {
        Outcome outcome = _session.Run("Get-ProcessPageMap -Id 7 -State Hidden");

        PSObject page = Assert.Single(outcome.Output);
        Assert.Null(page.Get<int?>("SwapType"));
        Assert.Null(page.Get<ulong?>("SwapOffset"));
        Assert.Single(outcome.Warnings);
    }

    [Fact]
    public void UnnamedFlagsAreReportedByBitNumber()
    {
        PSObject page = _session.GetObjects("Get-KPageFlags -Pfn 1 -Raw").Single();

        Assert.Equal("LRU,bit27,bit31,bit43,bit52", page.Get<string>("FlagNames"));
        Assert.Equal(NewFlags | (1 << 5), page.Get<ulong>("Flags"));
        Assert.Equal(NewFlags | (1 << 5), page.Get<ulong>("RawFlags"));
    }

    [Fact]
    public void BitSpecSelectsUnnamedFlags()
    {
        Assert.Equal([1UL], _session.GetObjects("Get-KPageFlags -BitSpec 'bit27,bit31=bit27,bit31' -Count 2").GetColumn<ulong>("Pfn"));
        Assert.Equal([1UL], _session.GetObjects("Get-KPageFlags -BitSpec 0x8000000 -Count 2").GetColumn<ulong>("Pfn"));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id 7 -IncludeUnpopulated -Include Flags, MapCount, Cgroup", 6)]
    [InlineData("Get-ProcessPageMap -Id 7 -IncludeUnpopulated -Include Flags, MapCount, Cgroup -Raw -AsRange", 6)]
    [InlineData("Get-ProcessPageMap -Id 7 | Get-KPageFlags -Raw | Get-KPageCgroup", 5)]
    [InlineData("Measure-KPageFlags -Raw", 3)]
    [InlineData("Measure-ProcessUss", 1)]
    [InlineData("Measure-ProcessUss -Method MapCount -ByMapping", 1)]
    public void CmdletsAcceptUnknownBits(string command, int count)
    {
        Outcome outcome = _session.Run(command);

        Assert.Null(outcome.Termination);
        Assert.Empty(outcome.Errors);
        Assert.Equal(count, outcome.Output.Count);
        using Session screen = new(new ScreenHost());
        screen["items"] = outcome.Output;
        Assert.Empty(screen.Run("$items | Out-Default").Errors);
    }

    [Fact]
    public void SummaryReportsUnnamedFlags()
    {
        IReadOnlyList<PSObject> summary = _session.GetObjects("Measure-KPageFlags -Raw -BitSpec bit27 -NotFlag HUGE");

        Assert.Equal(NewFlags | (1 << 5), Assert.Single(summary).Get<ulong>("FlagsValue"));
        Assert.Equal("LRU,bit27,bit31,bit43,bit52", summary[0].Get<string>("FlagNames"));
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }
}
