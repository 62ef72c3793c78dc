using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Compares the filter parameters of Get-ProcessPageMap with a Where-Object over all pages.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class PageFilterTests : IDisposable
{
    private const string All = "Get-ProcessPageMap -Id $id -Include Flags, MapCount, Cgroup";

    private readonly TargetProcess _target = TargetProcess.StartInKnownMemory("thp").Stop();
    private readonly Session _session = new();

    public PageFilterTests() => _session["id"] = _target.ProcessId;

    [Theory]
    [InlineData("-Exclusive", "$_.State -eq 'Present' -and $_.IsExclusive")]
    [InlineData("-Shared", "$_.State -eq 'Present' -and -not $_.IsExclusive")]
    [InlineData("-State Present", "$_.State -eq 'Present'")]
    [InlineData("-State Swapped, Guard", "$_.State -in 'Swapped', 'Guard'")]
    [InlineData("-Flag ANON", "$_.RawFlags -band 0x1000")]
    [InlineData("-Flag ANON, THP", "($_.RawFlags -band 0x401000) -eq 0x401000")]
    [InlineData("-AnyFlag THP, COMPOUND_TAIL", "$_.RawFlags -band 0x410000")]
    [InlineData("-NotFlag THP", "$null -ne $_.RawFlags -and -not ($_.RawFlags -band 0x400000)")]
    [InlineData("-Flag MMAP -NotFlag ANON", "($_.RawFlags -band 0x1800) -eq 0x800")]
    [InlineData("-Flag MMAP -AnyFlag THP, COMPOUND_TAIL -NotFlag LOCKED -Exclusive", "($_.RawFlags -band 0x801) -eq 0x800 -and ($_.RawFlags -band 0x410000) -and $_.IsExclusive")]
    [InlineData("-BitSpec 'anon,thp'", "$_.RawFlags -band 0x401000")]
    [InlineData("-BitSpec 'mmap,anon=mmap'", "($_.RawFlags -band 0x1800) -eq 0x800")]
    [InlineData("-BitSpec 'mmap,~anon'", "($_.RawFlags -band 0x1800) -eq 0x800")]
    [InlineData("-BitSpec mmap, '~thp'", "($_.RawFlags -band 0x400800) -eq 0x800")]
    [InlineData("-BitSpec 0x1000", "$_.RawFlags -band 0x1000")]
    [InlineData("-Mapping '[heap]'", "$_.Mapping.Name -eq '[heap]'")]
    [InlineData("-Mapping *.so", "$_.Mapping.Name -like '*.so'")]
    [InlineData("-Mapping *.dll, '[stack]'", "$_.Mapping.Name -like '*.dll' -or $_.Mapping.Name -eq '[stack]'")]
    [InlineData("-Mapping '[anon]' -Flag THP", "$_.Mapping.Name -eq '[anon]' -and ($_.RawFlags -band 0x400000)")]
    [InlineData("-Mapping '[nosuch]'", "$false")]
    public void FilterParameterSelectsSamePagesAsWhereObject(string parameters, string condition)
    {
        Require.Root();
        Stable.Until(
            () => string.Join(',', _session.GetObjects($"Get-ProcessPageMap -Id $id -Include Flags | Where-Object {{ {condition} }}").GetColumn<ulong>("Address")),
            expected => Assert.Equal(expected, string.Join(',', _session.GetObjects($"Get-ProcessPageMap -Id $id {parameters}").GetColumn<ulong>("Address"))));
    }

    [Fact]
    public void AddressAcceptsPagesAndRangesInHexAndDecimal()
    {
        TargetRegion region = _target["whole"];
        ulong third = region.GetAddress(3);

        Assert.Equal([third], Addresses($"0x{third:x}"));
        Assert.Equal([third], Addresses($"{third}"));
        Assert.Equal([third], Addresses($"'0x{third + 1:X}'"));
        Assert.Equal([third, region.GetAddress(4)], Addresses($"0x{third:x}-0x{region.GetAddress(5):x}"));
        Assert.Equal([third, region.GetAddress(4)], Addresses($"'0x{third + 8:x} - 0x{region.GetAddress(4) + 1:x}'"));
        Assert.Equal([region.Start, third], Addresses($"0x{third:x}, {region.StartText}"));
        Assert.Equal([third], Addresses($"0x{third:x}, 0x{third:x}-0x{third + 1:x}"));
        Assert.Equal(region.PageCount, Addresses(region.RangeText).Length);
        Assert.Empty(Addresses("0x0-0x1000"));

        ulong[] Addresses(string address) => [.. _session.GetObjects($"Get-ProcessPageMap -Id $id -Address {address}").GetColumn<ulong>("Address")];
    }

    [Fact]
    public void AddressRangeCrossesMappings()
    {
        TargetRegion writable = _target["split-writable"];
        TargetRegion readOnly = _target["split-read-only"];

        IReadOnlyList<PSObject> pages = _session.GetObjects($"Get-ProcessPageMap -Id $id -Address 0x{writable.GetAddress(255):x}-0x{readOnly.GetAddress(1):x}");

        Assert.Equal([writable.GetAddress(255), readOnly.Start], pages.GetColumn<ulong>("Address"));
        Assert.Equal(["rw-p", "r--p"], pages.Select(page => PSObject.AsPSObject(page.Properties["Mapping"].Value).Get<string>("Permissions")));
    }

    [Fact]
    public void CmdletReadsOnlyIncludedFrameProperties()
    {
        Require.Root();
        _session["range"] = _target["whole"].RangeText;
        foreach (string include in (string[])["", "Flags", "MapCount", "Cgroup", "Flags, MapCount", "Flags, MapCount, Cgroup"])
        {
            string parameter = include.Length == 0 ? "" : $"-Include {include}";
            Assert.All(_session.GetObjects($"Get-ProcessPageMap -Id $id -Address $range {parameter}"), page =>
            {
                Assert.Equal(include.Contains("Flags", StringComparison.Ordinal), page.Get<ulong?>("Flags") is not null);
                Assert.Equal(include.Contains("Flags", StringComparison.Ordinal), page.Get<string>("FlagNames") is not null);
                Assert.Equal(include.Contains("MapCount", StringComparison.Ordinal), page.Get<ulong?>("MapCount") is not null);
                Assert.Equal(include.Contains("Cgroup", StringComparison.Ordinal), page.Get<ulong?>("CgroupInode") is not null);
            });
        }
    }

    [Fact]
    public void RawShowsFlagsHiddenOtherwise()
    {
        Require.Root();
        _session["range"] = _target["whole"].RangeText;
        const ulong Hidden = 0xffffUL << 32 | 0x18000;

        Assert.All(_session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -Include Flags"), page => Assert.Equal(0UL, page.Get<ulong>("Flags") & Hidden));
        Assert.All(_session.GetObjects("Get-ProcessPageMap -Id $id -Address $range -Include Flags -Raw"), page =>
        {
            Assert.NotEqual(0UL, page.Get<ulong>("Flags") & 0x18000);
            Assert.Contains("MMAP_EXCLUSIVE", page.Get<string>("FlagNames"));
        });
    }

    [Fact]
    public void PresentPagesAreEitherExclusiveOrShared()
    {
        int present = _session.GetObjects("Get-ProcessPageMap -Id $id -State Present").Count;
        int exclusive = _session.GetObjects("Get-ProcessPageMap -Id $id -Exclusive").Count;
        int shared = _session.GetObjects("Get-ProcessPageMap -Id $id -Shared").Count;

        Assert.Equal(present, exclusive + shared);
        Assert.NotEqual(0, exclusive * shared);
    }

    [Fact]
    public void EveryPageHasItsProcessAndMapping()
    {
        Assert.All(_session.GetObjects("Get-ProcessPageMap -Id $id"), page =>
        {
            PSObject mapping = PSObject.AsPSObject(page.Properties["Mapping"].Value);
            Assert.Equal(_target.ProcessId, page.Get<int>("ProcessId"));
            Assert.InRange(page.Get<ulong>("Address"), mapping.Get<ulong>("Start"), mapping.Get<ulong>("End") - 1);
        });
        Assert.NotEmpty(_session.GetObjects(All));
    }

    public void Dispose()
    {
        _session.Dispose();
        _target.Dispose();
    }
}
