using System.IO.Compression;
using System.Text;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Tests.Entries;

/// <summary>
/// include/linux/swap.h assigns the types from the top: swap read error (5.19 to 6.1), PTE marker (since 5.19), device (4 types, 3 since
/// 6.15; CONFIG_DEVICE_PRIVATE), migration (3 types, 2 before 5.19; CONFIG_MIGRATION), poison (1 type; CONFIG_MEMORY_FAILURE), swap areas.
/// <see cref="SwapTypes"/> classifies the first two.
/// </summary>
[Trait("Tier", "Unit")]
public sealed class NonSwapTypeLayoutTests
{
    [Theory]
    [InlineData("6.18", true, true, true, "24:P 25:M 26:M 27:M 28:D 29:D 30:D 31:N")]
    [InlineData("6.12", true, true, true, "22:S 23:P 24:M 25:M 26:M 27:D 28:D 29:D 30:D 31:N")]
    [InlineData("6.1", true, true, true, "21:S 22:P 23:M 25:M 26:D 29:D 30:N 31:N")]
    [InlineData("6.18", false, true, false, "27:S 28:M 29:M 30:M 31:N")]
    [InlineData("6.18", false, true, true, "26:S 27:P 28:M 30:M 31:N")]
    [InlineData("6.18", false, false, false, "29:S 30:S 31:N")]
    [InlineData("6.18", true, false, false, "27:S 28:D 30:D 31:N")]
    [InlineData("6.12", true, false, false, "26:S 27:D 30:D 31:N")]
    [InlineData("6.18", false, false, true, "29:S 30:P 31:N")]
    [InlineData("5.19", false, true, false, "26:S 27:M 29:M 30:N 31:N")]
    [InlineData("5.18", false, true, false, "29:S 30:M 31:M")]
    [InlineData("5.18", true, true, true, "24:S 25:P 26:M 27:M 28:D 31:D")]
    [InlineData("5.14", true, true, true, "24:S 25:P 26:M 27:M 28:D 31:D")]
    [InlineData("5.13", true, true, true, "26:S 27:P 28:M 29:M 30:D 31:D")]
    [InlineData("5.10", true, true, true, "26:S 27:P 28:M 29:M 30:D 31:D")]
    [InlineData("4.19", true, false, true, "28:S 29:P 30:D 31:D")]
    [InlineData("5.10", false, true, true, "28:S 29:P 30:M 31:M")]
    [InlineData("5.10", false, false, false, "30:S 31:S")]
    public void ReleaseAndOptionsAssignTypesFromTheTop(string release, bool devicePrivate, bool migration, bool memoryFailure, string expected) =>
        AssertTypes(new NonSwapTypeLayout(Version.Parse(release), devicePrivate, migration, memoryFailure, pteMarker: true), expected);

    [Theory]
    [InlineData("5.19", "26:S 27:P 28:M 29:M 30:M 31:N")]
    [InlineData("6.1", "26:S 27:P 28:M 29:M 30:M 31:N")]
    [InlineData("6.2", "26:S 27:P 28:M 30:M 31:N")]
    [InlineData("5.18", "28:S 29:P 30:M 31:M")]
    public void UpToLinux61TheMarkerTypeNeedsItsOption(string release, string expected) =>
        AssertTypes(new NonSwapTypeLayout(Version.Parse(release), devicePrivate: false, migration: true, memoryFailure: true, pteMarker: false), expected);

    [Theory]
    [InlineData("6.18.44-fc-v669", "6.18")]
    [InlineData("6.1.0-49-amd64", "6.1")]
    [InlineData("6.12.117+deb12-amd64", "6.12")]
    [InlineData("7.0-rc1", "7.0")]
    [InlineData("4.19.0", "4.19")]
    public void KernelReleaseParsesTheFirstTwoNumbers(string release, string version)
    {
        Assert.True(KernelRelease.TryParse(release, out Version parsed));
        Assert.Equal(Version.Parse(version), parsed);
    }

    [Theory]
    [InlineData("")]
    [InlineData("next")]
    [InlineData("6")]
    public void KernelReleaseRejectsOtherText(string release) => Assert.False(KernelRelease.TryParse(release, out _));

    [Fact]
    public void TheReleaseOfTheRunningKernelIsThatOfOsrelease() =>
        Assert.Equal(File.ReadAllText("/proc/sys/kernel/osrelease").Trim(), KernelRelease.Read(new ProcRoot("/proc")).Text);

    [Fact]
    public void TryReadUsesConfigGz()
    {
        using FakeProc tree = CreateTree("6.12.0-made-up", "CONFIG_MMU=y\nCONFIG_DEVICE_PRIVATE=y\n# CONFIG_MIGRATION is not set\nCONFIG_MEMORY_FAILURE=y\n");
        NonSwapTypeLayout? types = NonSwapTypeLayout.TryRead(tree.Root);
        Assert.NotNull(types);
        Assert.Equal(
            [PageState.Swapped, PageState.Poisoned, PageState.Device, PageState.Device, PageState.NonSwap],
            new[] { 25, 26, 27, 30, 31 }.Select(types.GetState));
    }

    [Theory]
    [InlineData("CONFIG_MIGRATION=y\nCONFIG_PTE_MARKER=y\nCONFIG_PTE_MARKER_UFFD_WP=y\n", 26, PageState.Swapped)]
    [InlineData("CONFIG_MIGRATION=y\nCONFIG_PTE_MARKER=y\nCONFIG_PTE_MARKER_UFFD_WP=y\n", 30, PageState.NonSwap)]
    [InlineData("CONFIG_MIGRATION=y\n# CONFIG_PTE_MARKER is not set\n", 30, PageState.Migration)]
    [InlineData("CONFIG_MIGRATION=y\n", 27, PageState.Swapped)]
    public void TryReadUsesThePteMarkerOption(string configuration, int type, PageState state)
    {
        using FakeProc tree = CreateTree("6.1.0-made-up", configuration);
        Assert.Equal(state, NonSwapTypeLayout.TryRead(tree.Root)?.GetState(type));
    }

    [Fact]
    public void TryReadReturnsNullWithoutAConfiguration()
    {
        using FakeProc tree = new FakeProc().WriteText("sys/kernel/osrelease", "0.0.0-no-such-release\n");
        Assert.Null(NonSwapTypeLayout.TryRead(tree.Root));
        using FakeProc empty = new();
        Assert.Null(NonSwapTypeLayout.TryRead(empty.Root));
    }

    [Fact]
    public void TryReadReturnsNullForADamagedConfiguration()
    {
        using FakeProc tree = new FakeProc().WriteText("sys/kernel/osrelease", "6.12.0\n").WriteText("config.gz", "not compressed at all");
        Assert.Null(NonSwapTypeLayout.TryRead(tree.Root));
    }

    private static void AssertTypes(NonSwapTypeLayout types, string expected)
    {
        Assert.Equal(PageState.Swapped, types.GetState(0));
        foreach (string pair in expected.Split(' '))
        {
            string[] parts = pair.Split(':');
            PageState? state = parts[1] switch
            {
                "S" => PageState.Swapped,
                "P" => PageState.Poisoned,
                "M" => PageState.Migration,
                "D" => PageState.Device,
                "N" => PageState.NonSwap,
                _ => null,
            };
            if (state is not null)
            {
                Assert.Equal(state, types.GetState(int.Parse(parts[0])));
            }
        }
    }

    private static FakeProc CreateTree(string release, string configuration)
    {
        using MemoryStream compressed = new();
        using (GZipStream gzip = new(compressed, CompressionMode.Compress))
        {
            gzip.Write(Encoding.UTF8.GetBytes(configuration));
        }

        return new FakeProc().WriteText("sys/kernel/osrelease", release + "\n").WriteBytes("config.gz", compressed.ToArray());
    }
}
