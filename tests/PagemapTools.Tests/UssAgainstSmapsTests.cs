using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Compares Measure-ProcessUss with the kernel's smaps files, to the byte, on stopped processes.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class UssAgainstSmapsTests
{
    /// <summary>The kinds of test processes and their options.</summary>
    public static TheoryData<string, string> Kinds => new()
    {
        { "dense", "size=1GiB" },
        { "fork", "pages=5000" },
        { "file-private", "pages=4096 read=0-2047 written=2048-4095" },
        { "file-shared", "pages=4096 read=0-2047 written=2048-4095" },
        { "file-shared", "pages=512 read=0-255 written=256-511 child=1" },
        { "anon-read", "" },
        { "huge-zero", "" },
        { "memfd", "child=1" },
        { "sysv-shm-first", "child=1" },
        { "mapped-twice", "" },
        { "thp", "" },
        { "mthp", "" },
        { "hugetlb-private", "" },
        { "hugetlb-shared", "" },
        { "hugetlb-shared", "of=sysv" },
        { "ksm", "" },
        { "swapped", "" },
        { "shared-swapped", "" },
        { "guard", "" },
        { "uffd-wp", "" },
        { "poison-marker", "" },
        { "prot-none", "" },
        { "scattered", "pages=2048" },
        { "many-mappings", "count=20000 written=1" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void UssEqualsSmapsRollup(string name, string options)
    {
        Require.Root();
        Require.ReadableFile("/proc/self/smaps_rollup");
        using TargetProcess target = TargetProcess.StartInKnownMemory(name, options.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Stop();
        using Session session = new();

        foreach (int processId in target.Children.Prepend(target.ProcessId))
        {
            session["id"] = processId;
            foreach (string method in (string[])["Exclusive", "MapCount", "Rollup"])
            {
                Stable.Until(() => Figures.From(Smaps.ReadRollup(processId)), expected =>
                {
                    PSObject measured = session.GetObjects($"Measure-ProcessUss -Id $id -Method {method}").Single();
                    Assert.Equal(method, measured.Get<string>("Method"));
                    Figures figures = Figures.From(measured);
                    bool hasPss = figures.Pss is not null || !UntrackedMemory.Exists;
                    Assert.Equal(hasPss ? expected : expected with { Pss = null }, figures);
                });
            }
        }
    }

    [Theory]
    [InlineData("dense", "size=64MiB")]
    [InlineData("fork", "")]
    [InlineData("file-private", "")]
    [InlineData("thp", "")]
    [InlineData("hugetlb-shared", "")]
    [InlineData("swapped", "")]
    public void UssByMappingEqualsSmaps(string name, string options)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory(name, options.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Stop();
        using Session session = new();
        session["id"] = target.ProcessId;

        foreach (string method in (string[])["Exclusive", "MapCount", "Rollup"])
        {
            Stable.Until(() => ReadMappings(target.ProcessId), expected =>
            {
                IReadOnlyList<PSObject> measured = session.GetObjects($"Measure-ProcessUss -Id $id -Method {method} -ByMapping");
                Assert.Equal(expected.Items, measured.Select(mapping => (GetMapping(mapping).Get<ulong>("Start"), Figures.From(mapping) with { Pss = null })));
            });
        }
    }

    [Fact]
    public void MappingFilterLimitsMeasuredMappings()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = new();
        session["id"] = target.ProcessId;

        IReadOnlyList<PSObject> libraries = session.GetObjects("Measure-ProcessUss -Id $id -ByMapping -Mapping *.so");
        PSObject together = session.GetObjects("Measure-ProcessUss -Id $id -Mapping *.so").Single();

        Assert.NotEmpty(libraries);
        Assert.All(libraries, library => Assert.EndsWith(".so", GetMapping(library).Get<string>("Path")));
        Assert.Equal(libraries.GetColumn<long>("Uss").Sum(), together.Get<long>("Uss"));
        Assert.True(together.Get<long>("Uss") < session.GetObjects("Measure-ProcessUss -Id $id").Single().Get<long>("Uss"));
        Assert.Equal(["[heap]"], session.GetObjects("Measure-ProcessUss -Id $id -ByMapping -Mapping [heap]").Select(heap => GetMapping(heap).Get<string>("Name")).Distinct());
    }

    [Fact]
    public void AllProcessesAreMeasuredInIdOrder()
    {
        using Session session = new();

        IReadOnlyList<PSObject> all = session.GetObjects("Measure-ProcessUss");

        int[] ids = all.GetColumn<int>("ProcessId");
        Assert.Equal(ids.Order(), ids);
        Assert.Contains(Environment.ProcessId, ids);
        Assert.All(all, process => Assert.InRange(process.Get<long>("Uss"), 0, process.Get<long?>("Rss") is { } rss ? rss + process.Get<long>("Hugetlb") : long.MaxValue));
    }

    private static PSObject GetMapping(PSObject measured) => PSObject.AsPSObject(measured.Properties["Mapping"].Value);

    private static Mappings ReadMappings(int processId) => new(
        [.. Smaps.ReadMappings(processId).Where(mapping => mapping.Start < 1UL << 63).Select(mapping => (mapping.Start, Figures.From(mapping) with { Pss = null }))]);

    // smaps prints whole kB, rounded down.
    private static long? RoundToKilobytes(long? bytes) => bytes / 1024 * 1024;

    private sealed record Figures(long Uss, long Rss, long Shared, long Swap, long Hugetlb, long? Pss)
    {
        public static Figures From(Smaps kernel) => new(
            kernel.Uss,
            kernel["Rss"],
            kernel.Shared,
            kernel["Swap"],
            kernel.Hugetlb,
            kernel["Pss"]);

        public static Figures From(PSObject measured) => new(
            measured.Get<long>("Uss"),
            measured.Get<long>("Rss"),
            measured.Get<long>("Shared"),
            measured.Get<long>("Swap"),
            measured.Get<long>("Hugetlb"),
            RoundToKilobytes(measured.Get<long?>("Pss")));
    }

    private sealed record Mappings((ulong, Figures)[] Items)
    {
        public bool Equals(Mappings? other) => other is not null && Items.SequenceEqual(other.Items);

        public override int GetHashCode() => Items.Length;
    }
}
