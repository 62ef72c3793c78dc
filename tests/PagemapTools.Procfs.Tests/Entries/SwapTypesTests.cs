using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Tests.Entries;

[Trait("Tier", "Live")]
public sealed class SwapTypesTests
{
    private const string Header = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n";

    [Theory]
    [InlineData(1UL, PageState.UffdMarker)]
    [InlineData(2UL, PageState.Poisoned)]
    [InlineData(3UL, PageState.Poisoned)]
    [InlineData(4UL, PageState.Guard)]
    [InlineData(5UL, PageState.Guard)]
    [InlineData(0UL, PageState.NonSwap)]
    [InlineData(8UL, PageState.NonSwap)]
    public void TheOffsetOfType31SelectsTheMarker(ulong offset, PageState state) =>
        Assert.Equal(state, new SwapTypes([], null).Classify(31, offset));

    [Theory]
    [InlineData(0, PageState.Swapped)]
    [InlineData(21, PageState.Swapped)]
    [InlineData(22, PageState.NonSwap)]
    [InlineData(27, PageState.NonSwap)]
    [InlineData(30, PageState.NonSwap)]
    public void AnUnknownConfigurationLeavesDisputedTypesNonSwap(int type, PageState state) =>
        Assert.Equal(state, new SwapTypes([], null).Classify(type, 1234));

    [Fact]
    public void BeforeLinux519Type31IsNotAMarker()
    {
        SwapTypes types = new([], new NonSwapTypeLayout(new Version(5, 10), devicePrivate: false, migration: true, memoryFailure: false, pteMarker: false));
        Assert.Equal(PageState.Migration, types.Classify(31, 0x12345));
        Assert.Equal(PageState.Migration, types.Classify(30, 0x12345));
        Assert.Equal(PageState.Swapped, types.Classify(29, 0x12345));
    }

    [Theory]
    [InlineData("6.1.0-made-up", 30, 1UL, PageState.UffdMarker)]
    [InlineData("6.1.0-made-up", 31, 0x12345UL, PageState.Poisoned)]
    [InlineData("5.19.0-made-up", 30, 1UL, PageState.UffdMarker)]
    [InlineData("6.1.0-made-up", 22, 0x12345UL, PageState.NonSwap)]
    [InlineData("6.1.0-made-up", 21, 0x12345UL, PageState.Swapped)]
    [InlineData("6.2.0-made-up", 31, 1UL, PageState.UffdMarker)]
    [InlineData("6.2.0-made-up", 31, 2UL, PageState.Poisoned)]
    [InlineData("6.2.0-made-up", 30, 1UL, PageState.NonSwap)]
    public void Linux519To61PutMarkersBelowTheSwapReadErrorType(string release, int type, ulong offset, PageState state)
    {
        // No configuration file in /boot has the name of this release.
        using FakeProc tree = new FakeProc().WriteText("sys/kernel/osrelease", release + "\n");
        Assert.Equal(state, SwapTypes.Read(tree.Root).Classify(type, offset));
    }

    [Theory]
    [InlineData("5.14.0-503.made-up", 31, 1UL, PageState.UffdMarker)]
    [InlineData("5.14.0-503.made-up", 31, 4UL, PageState.Guard)]
    [InlineData("5.10.0-made-up", 31, 2UL, PageState.Poisoned)]
    [InlineData("5.10.0-made-up", 31, 0UL, PageState.NonSwap)]
    [InlineData("5.10.0-made-up", 31, 8UL, PageState.NonSwap)]
    [InlineData("5.10.0-made-up", 30, 1UL, PageState.NonSwap)]
    [InlineData("6.1.0-made-up", 31, 4UL, PageState.Guard)]
    public void BackportedMarkersAreRecognizedOnOlderReleases(string release, int type, ulong offset, PageState state)
    {
        using FakeProc tree = new FakeProc().WriteText("sys/kernel/osrelease", release + "\n");
        Assert.Equal(state, SwapTypes.Read(tree.Root).Classify(type, offset));
    }

    [Fact]
    public void AreasFollowTheOrderOfTheirTypes()
    {
        using FakeProc tree = new FakeProc().WriteText(
            "swaps",
            Header
            + "/dev/sda2                               partition\t8388604\t\t0\t\t-2\n"
            + "/swap\\040file\\011\\134x                    file\t\t1048572\t\t0\t\t-3\n"
            + "/gone\\040(deleted)                     file\t\t1048572\t\t0\t\t-4\n");
        SwapTypes types = SwapTypes.Read(tree.Root);
        Assert.Equal(["/dev/sda2", "/swap file\t\\x", "/gone (deleted)"], types.Areas);
        Assert.Equal("/dev/sda2", types.GetArea(0));
        Assert.Equal("/swap file\t\\x", types.GetArea(1));
        Assert.Null(types.GetArea(3));
    }

    [Fact]
    public void ASingleAreaMatchesAnyAreaType()
    {
        SwapTypes types = new(["/swap"], null);
        Assert.Equal("/swap", types.GetArea(0));
        Assert.Equal("/swap", types.GetArea(5));
        Assert.Null(types.GetArea(31));
    }

    [Fact]
    public void ASwapTypeAboveTheNumberOfAreasContradictsTheirOrder()
    {
        // The first of three areas was switched off: types 1 and 2 remain, and /proc/swaps has two lines.
        SwapTypes types = new(["/second", "/third"], null);
        Assert.False(types.ContradictsAreaOrder(new PagemapEntry(PagemapBits.Swapped(1, 5))));
        Assert.True(types.ContradictsAreaOrder(new PagemapEntry(PagemapBits.Swapped(2, 5))));
        Assert.False(types.ContradictsAreaOrder(new PagemapEntry(PagemapBits.Present | 2)));
        Assert.False(new SwapTypes(["/only"], null).ContradictsAreaOrder(new PagemapEntry(PagemapBits.Swapped(2, 5))));
    }

    [Fact]
    public void DecodingAnEntryDoesNotChangeTheAreas()
    {
        SwapTypes types = new(["/second", "/third"], null);
        Assert.Equal(PageState.Swapped, new PagemapEntry(PagemapBits.Swapped(2, 5)).GetState(types));
        Assert.Equal(["/second", "/third", null], new[] { 0, 1, 2 }.Select(types.GetArea));
    }

    [Fact]
    public void MarkersDoNotContradictTheOrderOfAreas()
    {
        SwapTypes types = new(["/first", "/second"], null);
        Assert.False(types.ContradictsAreaOrder(new PagemapEntry(PagemapBits.Swapped(31, 4))));
        Assert.False(types.ContradictsAreaOrder(new PagemapEntry(PagemapBits.Swapped(30, 0x12345))));
    }

    [Fact]
    public void AVirtualLineOfLxcfsNamesNoArea()
    {
        using FakeProc tree = new FakeProc().WriteText("swaps", Header + "none                                    virtual\t\t1048576\t0\t0\n");
        SwapTypes types = SwapTypes.Read(tree.Root);
        Assert.Empty(types.Areas);
        Assert.True(types.HasAreas);
        Assert.Null(types.GetArea(0));
    }

    [Theory]
    [InlineData("")]
    [InlineData(Header)]
    public void NoAreasMeanNoFile(string swaps)
    {
        using FakeProc tree = new FakeProc().WriteText("swaps", swaps);
        SwapTypes types = SwapTypes.Read(tree.Root);
        Assert.Empty(types.Areas);
        Assert.Null(types.GetArea(0));
    }

    [Fact]
    public void AnAbsentSwapsFileHasNoAreas()
    {
        using FakeProc tree = new();
        Assert.Empty(SwapTypes.Read(tree.Root).Areas);
    }

    [Fact]
    public void AreaNamesShowInvalidUtf8AsHexNumbers()
    {
        using FakeProc tree = new FakeProc().WriteBytes("swaps", [.. "Filename\n/x"u8, 0xff, .. " file 1 0 -2\n"u8]);
        Assert.Equal([@"/x\xff"], SwapTypes.Read(tree.Root).Areas);
    }

    [Fact]
    public void LiveAreasMatchProcSwaps()
    {
        int lines = File.ReadLines("/proc/swaps").Count() - 1;
        int areas = SwapTypes.Read(new ProcRoot("/proc")).Areas.Count;

        // Another test may switch an area on or off between the two reads.
        int after = File.ReadLines("/proc/swaps").Count() - 1;
        Assert.True(areas == lines || areas == after, string.Create(CultureInfo.InvariantCulture, $"{areas} areas, {lines} or {after} lines"));
    }
}
