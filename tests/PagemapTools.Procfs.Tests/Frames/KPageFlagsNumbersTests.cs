using System.Text.RegularExpressions;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed partial class KPageFlagsNumbersTests
{
    private const string Header = "/usr/include/linux/kernel-page-flags.h";

    /// <summary>The flags of include/linux/kernel-page-flags.h in Linux 6.18. That header is not installed.</summary>
    private static readonly (string Name, int Bit)[] s_internal =
    [
        ("RESERVED", 32), ("MLOCKED", 33), ("OWNER_2", 34), ("PRIVATE", 35), ("PRIVATE_2", 36), ("OWNER_PRIVATE", 37), ("ARCH", 38),
        ("UNCACHED", 39), ("SOFTDIRTY", 40), ("ARCH_2", 41), ("ARCH_3", 42),
    ];

    /// <summary>The bits that tools/mm/page-types.c assigns to the flags that it derives.</summary>
    private static readonly (string Name, int Bit)[] s_pageTypes =
    [
        ("ANON_EXCLUSIVE", 47), ("READAHEAD", 48), ("SLOB_FREE", 49), ("SLUB_FROZEN", 50), ("SLUB_DEBUG", 51), ("FILE", 61), ("SWAP", 62),
        ("MMAP_EXCLUSIVE", 63),
    ];

    [Fact]
    public void NumbersEqualThoseOfTheUserspaceHeader()
    {
        Require.That(File.Exists(Header), "KernelHeaders", $"{Header} is absent: the kernel's headers for user space are not installed");
        (string Name, int Bit)[] defined = [.. GetDefinitionRegex().Matches(File.ReadAllText(Header)).Select(match => (match.Groups["name"].Value, int.Parse(match.Groups["bit"].Value)))];
        Assert.True(defined.Length >= 26, $"{Header} defines only {defined.Length} flags");
        foreach ((string name, int bit) in defined)
        {
            // Linux 5.0 renamed BALLOON. The header of an older system may still define it.
            KPageFlags flag = Enum.Parse<KPageFlags>(name == "BALLOON" ? "OFFLINE" : name);
            Assert.Equal(1UL << bit, (ulong)flag);
        }
    }

    [Fact]
    public void OtherNumbersEqualThoseOfTheKernelSources()
    {
        foreach ((string name, int bit) in s_internal.Concat(s_pageTypes))
        {
            Assert.Equal(1UL << bit, (ulong)Enum.Parse<KPageFlags>(name));
        }
    }

    [Fact]
    public void EachNameIsOneDistinctBit()
    {
        ulong[] values = [.. Enum.GetValues<KPageFlags>().Where(flag => flag != KPageFlags.None).Select(flag => (ulong)flag)];
        Assert.All(values, value => Assert.True(ulong.IsPow2(value)));
        Assert.Equal(values.Length, values.Distinct().Count());
        Assert.Equal(27 + s_internal.Length + s_pageTypes.Length, values.Length);
    }

    [GeneratedRegex(@"^#define\s+KPF_(?<name>\w+)\s+(?<bit>\d+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex GetDefinitionRegex();
}
