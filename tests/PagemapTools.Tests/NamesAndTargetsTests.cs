using System.Diagnostics;
using System.Globalization;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>What people write to name processes, mappings, addresses and page frames.</summary>
[Trait("Tier", "Privileged")]
public sealed class NamesAndTargetsTests : IDisposable
{
    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Get-ProcessPageMap")]
    public void ANumberAsTheFirstArgumentIsAnId(string cmdlet)
    {
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        Assert.Equal([target.ProcessId], _session.GetObjects($"{cmdlet} {target.ProcessId}").GetColumn<int>("ProcessId").Distinct());
        Outcome missing = _session.Run($"{cmdlet} {Machine.MissingProcess}");
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(missing.Errors).GetErrorId());
    }

    [Fact]
    public void ANumberThatIsANameIsThatProcess()
    {
        using FakeProc tree = new FakeProc().AddProcess(7, 0x10000, 0).AddProcess(8, 0x10000, 0).WriteText("7/comm", "8\n");
        _session["tree"] = tree.Path;
        Assert.Equal([7], _session.GetObjects("Measure-ProcessUss 8 -ProcPath $tree -AllowSavedTree").GetColumn<int>("ProcessId"));
    }

    [Fact]
    public void KernelThreadsFromGetProcessArePassedOver()
    {
        int thread = Require.KernelThread();
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        _session["processes"] = new[] { Process.GetProcessById(thread), target.Process };
        foreach (string command in (string[])["$processes | Measure-ProcessUss -Verbose", "Measure-ProcessUss -InputObject $processes -Verbose", "$processes | Get-ProcessPageMap -Verbose"])
        {
            Outcome outcome = _session.Run(command);
            Assert.Empty(outcome.Errors);
            Assert.Equal([target.ProcessId], outcome.Output.GetColumn<int>("ProcessId").Distinct());
            Assert.Contains(outcome.Verbose, message => message.Contains($"{thread}", StringComparison.Ordinal));
        }

        Assert.Equal("ProcessHasNoAddressSpace", Assert.Single(_session.Run($"Measure-ProcessUss -Id {thread}").Errors).GetErrorId());
    }

    [Theory]
    [InlineData("-Mapping heap", "[heap]")]
    [InlineData("-Mapping libc.so.6", "libc.so.6")]
    [InlineData("-Mapping libc.so*", "libc.so.6")]
    [InlineData("-LiteralMapping '[heap]'", "[heap]")]
    [InlineData("-LiteralMapping nothing -Mapping '[heap]'", "[heap]")]
    public void MappingsAreFoundByTheirShortNames(string parameters, string name)
    {
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        Smaps[] expected = [.. Smaps.ReadMappings(target.ProcessId).Where(mapping => mapping.Name == name || mapping.Name.EndsWith($"/{name}", StringComparison.Ordinal))];
        Require.That(expected.Length > 0, "MuslLibc", $"the test process has no {name}");

        IReadOnlyList<PSObject> found = _session.GetObjects($"Measure-ProcessUss {target.ProcessId} -ByMapping {parameters}");
        Assert.Equal(expected.Select(mapping => mapping.Start), found.Select(mapping => GetMapping(mapping).Get<ulong>("Start")));
        Assert.Equal(expected.Sum(mapping => mapping["Rss"]), _session.GetObjects($"Measure-ProcessUss {target.ProcessId} {parameters}").Single().Get<long>("Rss"));
        Assert.NotEmpty(_session.GetObjects($"Get-ProcessPageMap {target.ProcessId} {parameters} | Stop-Upstream 1"));
    }

    [Fact]
    public void TheNameOfAnyMappingIsALiteral()
    {
        using TargetProcess target = TargetProcess.Start("io-uring").Stop();
        PSObject ring = _session.GetObjects($"Measure-ProcessUss {target.ProcessId} -ByMapping -LiteralMapping 'anon_inode:[io_uring]'").Single();
        Assert.Equal((target.Region.Start, "AnonInode"), (GetMapping(ring).Get<ulong>("Start"), GetMapping(ring).Get<string>("Kind")));
        Assert.Equal(Smaps.ReadMappings(target.ProcessId).Single(mapping => mapping.Start == target.Region.Start)["Rss"], ring.Get<long>("Rss"));
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id $id -Mapping nosuch")]
    [InlineData("Measure-ProcessUss -Id $id -Mapping nosuch -ByMapping")]
    [InlineData("Measure-ProcessUss -Id $id -LiteralMapping nosuch")]
    [InlineData("Measure-ProcessUss -Id $id -Mapping nosuch -Method Exclusive")]
    [InlineData("Get-ProcessPageMap -Id $id -Mapping nosuch")]
    public void AFilterThatMatchesNothingWarnsAndReturnsNothing(string command)
    {
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        _session["id"] = target.ProcessId;
        Outcome outcome = _session.Run(command);
        Assert.Empty(outcome.Output);
        Assert.Contains("nosuch", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void AnAddressRangeIsAcceptedAsMapsPrintsIt()
    {
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        string line = File.ReadLines($"/proc/{target.ProcessId}/maps").First(line => line.StartsWith(target.Region.Start.ToString("x8", CultureInfo.InvariantCulture), StringComparison.Ordinal));
        IReadOnlyList<PSObject> pages = _session.GetObjects($"Get-ProcessPageMap {target.ProcessId} -Address {line.Split(' ')[0]}");
        Assert.Equal(target.Region.GetAddresses("written"), pages.GetColumn<ulong>("Address"));
    }

    [Fact]
    public void PageFramesAreRangesToo()
    {
        Require.ReadableFile("/proc/kpageflags");
        Assert.Equal([0x1000UL, 0x1001UL, 0x1002UL, 0x2000UL], _session.GetObjects("Get-KPageFlags 0x1000-0x1003, 0x2000").GetColumn<ulong>("Pfn"));
        Assert.Equal(0xffL, _session.GetObjects("Measure-KPageFlags -Range 0-0xff").GetColumn<long>("PageCount").Sum());
        Assert.Contains("1000z", _session.GetTermination("Get-KPageFlags 0x1-1000z").Exception.Message, StringComparison.Ordinal);
        Assert.Contains("0-0x7fffffff", _session.GetTermination("Get-KPageFlags 0-0x7fffffff").Exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AllPropertiesCanBeIncludedAtOnce()
    {
        Require.PageFrames();
        Require.ReadableFile("/proc/kpagecgroup");
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        _session["range"] = $"{target.Region.Start:x}-{target.Region.End:x}";
        IReadOnlyList<PSObject> pages = _session.GetObjects($"Get-ProcessPageMap {target.ProcessId} -Address $range -Include All");
        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.True(page.Get<ulong?>("MapCount") is not null && page.Get<ulong?>("CgroupInode") is not null && page.Properties["Flags"].Value is not null));
    }

    [Fact]
    public void LazilyFreedMemoryHasItsFigure()
    {
        using TargetProcess target = TargetProcess.Start("lazy-free").Stop();
        PSObject region = _session.GetObjects($"Measure-ProcessUss {target.ProcessId} -ByMapping").Single(mapping => GetMapping(mapping).Get<ulong>("Start") == target.Region.Start);
        Assert.Equal(Smaps.ReadMappings(target.ProcessId).Single(mapping => mapping.Start == target.Region.Start)["LazyFree"], region.Get<long>("LazyFree"));

        // The kernel releases pages in batches, and the last one of each processor may still wait (mm/swap.c, lru_lazyfree).
        Assert.InRange(region.Get<long>("LazyFree") / Environment.SystemPageSize, 1536 - (32 * Environment.ProcessorCount), 1536);
        Assert.Equal(Smaps.ReadRollup(target.ProcessId)["LazyFree"], _session.GetObjects($"Measure-ProcessUss {target.ProcessId}").Single().Get<long>("LazyFree"));
    }

    [Fact]
    public void ALargeProcessIsWalkedUnlessItsFramesAreHidden()
    {
        using TargetProcess target = TargetProcess.Start("dense", "size=1100MiB").Stop();
        bool seesFrames = KernelFeatures.ShowsPageFrameNumbers && KernelFile.CanRead("/proc/kpagecount");

        // Uss and Pss change whenever another process that maps the same libraries starts or ends.
        Stable.Until(Read, kernel =>
        {
            PSObject uss = _session.GetObjects($"Measure-ProcessUss {target.ProcessId}").Single();
            Assert.Equal(seesFrames ? "Exclusive" : "Rollup", uss.Get<string>("Method"));
            Assert.Equal((kernel.Uss, kernel.Rss), (uss.Get<long>("Uss"), uss.Get<long>("Rss")));
            Assert.InRange(uss.Get<long>("Pss"), kernel.Pss - (64 * 1024), kernel.Pss + (64 * 1024));
        });

        (long Uss, long Rss, long Pss) Read()
        {
            Smaps kernel = Smaps.ReadRollup(target.ProcessId);
            return (kernel.Uss, kernel["Rss"], kernel["Pss"]);
        }
    }

    private static PSObject GetMapping(PSObject uss) => PSObject.AsPSObject(uss.Properties["Mapping"].Value);
}
