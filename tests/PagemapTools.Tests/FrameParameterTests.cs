using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Parameters that select frames, tested on files with known words.</summary>
[Trait("Tier", "Privileged")]
public sealed class FrameParameterTests : IDisposable
{
    private const int Frames = 64;

    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public FrameParameterTests()
    {
        // Frame n has flag n % 27, map count n and cgroup inode 1000 + n / 8.
        _tree.WriteEntries("kpageflags", 0, [.. Enumerable.Range(0, Frames).Select(frame => 1UL << (frame % 27))])
            .WriteEntries("kpagecount", 0, [.. Enumerable.Range(0, Frames).Select(frame => (ulong)frame)])
            .WriteEntries("kpagecgroup", 0, [.. Enumerable.Range(0, Frames).Select(frame => (ulong)(1000 + (frame / 8)))]);
        _session["tree"] = _tree.Path;
        _session["page"] = KernelFile.PageSize;
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["Get-KPage*:ProcPath"] = _tree.Path, ["Get-KPage*:AllowSavedTree"] = true };
    }

    [Theory]
    [InlineData("-Pfn 5", new ulong[] { 5 })]
    [InlineData("5", new ulong[] { 5 })]
    [InlineData("-Pfn 0x10", new ulong[] { 16 })]
    [InlineData("-Pfn '0x10'", new ulong[] { 16 })]
    [InlineData("-Pfn '0X1f'", new ulong[] { 31 })]
    [InlineData("-Pfn 0x10, '0x3', 4", new ulong[] { 16, 3, 4 })]
    [InlineData("-Pfn 9, 9, 3", new ulong[] { 9, 9, 3 })]
    [InlineData("-Pfn 5 -Count 1", new ulong[] { 5 })]
    [InlineData("-Pfn 5 -Count 3", new ulong[] { 5, 6, 7 })]
    [InlineData("-Pfn 9, 5 -Count 2", new ulong[] { 9, 10, 5, 6 })]
    [InlineData("-Count 3", new ulong[] { 0, 1, 2 })]
    [InlineData("-Pfn 62 -Count 10", new ulong[] { 62, 63 })]
    [InlineData("-Pfn 64 -Count 10", new ulong[0])]
    [InlineData("-PhysicalAddress (5 * $page), (9 * $page - 1)", new ulong[] { 5, 8 })]
    [InlineData("-PhysicalAddress (5 * $page + 1) -Count 2", new ulong[] { 5, 6 })]
    [InlineData("-PhysicalAddress ('0x{0:x}' -f (16 * $page))", new ulong[] { 16 })]
    public void PfnAndCountSelectFrames(string parameters, ulong[] expected)
    {
        foreach (string cmdlet in (string[])["Get-KPageFlags", "Get-KPageCount", "Get-KPageCgroup"])
        {
            Assert.Equal(expected, _session.GetObjects($"{cmdlet} {parameters}").GetColumn<ulong>("Pfn"));
        }
    }

    [Theory]
    [InlineData("7, 3, 12")]
    [InlineData("'0x7', '3', 12")]
    [InlineData("7ul, 3L, 12s")]
    [InlineData("[pscustomobject]@{ Pfn = 7 }, [pscustomobject]@{ Pfn = '0x3' }, [pscustomobject]@{ Pfn = 12ul; Other = 1 }")]
    [InlineData("(Get-KPageCount 7, 3, 12)")]
    public void CmdletsKeepOrderOfPipedFrames(string input)
    {
        Assert.Equal([7UL, 3UL, 12UL], _session.GetObjects($"{input} | Get-KPageFlags").GetColumn<ulong>("Pfn"));
        Assert.Equal([7UL, 3UL, 12UL], _session.GetObjects($"{input} | Get-KPageCount").GetColumn<ulong>("MapCount"));
        Assert.Equal([1000UL, 1000UL, 1001UL], _session.GetObjects($"{input} | Get-KPageCgroup").GetColumn<ulong>("CgroupInode"));
    }

    [Fact]
    public void CountAppliesToEachPipedFrame()
    {
        Assert.Equal([7UL, 8UL, 3UL, 4UL], _session.GetObjects("7, 3 | Get-KPageCount -Count 2").GetColumn<ulong>("MapCount"));
    }

    [Fact]
    public void CmdletReadsAllFramesWithoutPfn()
    {
        Assert.Equal(Enumerable.Range(0, Frames).Select(frame => (ulong)frame), _session.GetObjects("Get-KPageCount").GetColumn<ulong>("MapCount"));
    }

    [Fact]
    public void FrameBeyondTheEndHasNullFlags()
    {
        IReadOnlyList<PSObject> beyond = _session.GetObjects("Get-KPageFlags 63, 64, 0xffffffffff");

        Assert.Equal(1UL << (63 % 27), beyond[0].Get<ulong?>("RawFlags"));
        Assert.All(beyond.Skip(1), page => Assert.Null(page.Get<ulong?>("RawFlags")));
        Assert.All(beyond.Skip(1), page => Assert.Null(page.Get<ulong?>("Flags")));
    }

    [Theory]
    [InlineData("Get-KPageCount -Minimum 60", new ulong[] { 60, 61, 62, 63 })]
    [InlineData("Get-KPageCount -Maximum 2", new ulong[] { 0, 1, 2 })]
    [InlineData("Get-KPageCount -Minimum 10 -Maximum 11", new ulong[] { 10, 11 })]
    [InlineData("Get-KPageCount -Minimum 0 -Maximum 0", new ulong[] { 0 })]
    [InlineData("Get-KPageCount -Pfn 5 -Count 10 -Minimum 13", new ulong[] { 13, 14 })]
    [InlineData("20, 1, 30 | Get-KPageCount -Minimum 10", new ulong[] { 20, 30 })]
    [InlineData("Get-KPageCgroup -Cgroup 1001", new ulong[] { 8, 9, 10, 11, 12, 13, 14, 15 })]
    [InlineData("Get-KPageFlags -Cgroup 1001, 1007 -Flag LOCKED", new ulong[0])]
    [InlineData("Get-KPageFlags -Cgroup 1003, 1007 -Flag LOCKED", new ulong[] { 27 })]
    [InlineData("9, 27, 12 | Get-KPageCgroup -Cgroup 1001", new ulong[] { 9, 12 })]
    [InlineData("Get-KPageFlags -Flag LRU", new ulong[] { 5, 32, 59 })]
    [InlineData("Get-KPageFlags -AnyFlag LRU, ACTIVE", new ulong[] { 5, 6, 32, 33, 59, 60 })]
    [InlineData("Get-KPageFlags -Flag LRU, ACTIVE", new ulong[0])]
    [InlineData("Get-KPageFlags 1, 5, 9 -NotFlag LRU", new ulong[] { 1, 9 })]
    [InlineData("Get-KPageFlags -BitSpec 'lru,active'", new ulong[] { 5, 6, 32, 33, 59, 60 })]
    [InlineData("Get-KPageFlags -BitSpec '=lru'", new ulong[] { 5, 32, 59 })]
    [InlineData("Get-KPageFlags -BitSpec 'lru,active=active' -Count 30", new ulong[] { 6 })]
    [InlineData("Get-KPageFlags -BitSpec 'lru,~active' -Count 30", new ulong[] { 5 })]
    [InlineData("Get-KPageFlags -BitSpec compound -Raw", new ulong[] { 15, 16, 42, 43 })]
    public void FilterParametersSelectFrames(string command, ulong[] expected)
    {
        Assert.Equal(expected, _session.GetObjects(command).GetColumn<ulong>("Pfn"));
    }

    [Fact]
    public void PathParameterReadsSavedCopy()
    {
        _tree.WriteEntries("saved", 0, 1 << 5, 1 << 12);
        _session["saved"] = _tree.GetPath("saved");

        Assert.Equal(["LRU", "ANON"], _session.GetObjects("Get-KPageFlags -Path $saved").GetColumn<string>("FlagNames"));
        Assert.Equal(["ANON"], _session.GetObjects("Get-KPageFlags -Path $saved -Pfn 1").GetColumn<string>("FlagNames"));
        Assert.Equal(["ANON"], _session.GetObjects("Get-KPageFlags -Path $saved -Flag ANON").GetColumn<string>("FlagNames"));
    }

    [Fact]
    public void RelativePathsResolveAgainstSessionLocation()
    {
        _tree.WriteEntries("saved", 0, 1 << 5);
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary();
        _session.GetObjects("$ExecutionContext.SessionState.Path.SetLocation($tree) | ForEach-Object { }");

        Assert.Equal(["LRU"], _session.GetObjects("Get-KPageFlags -Path ./saved").GetColumn<string>("FlagNames"));
        Assert.Equal(1, _session.GetObjects("Measure-KPageFlags -Path saved").GetColumn<long>("PageCount").Sum());
        Assert.Equal(Frames, _session.GetObjects("Get-KPageCount -ProcPath . -AllowSavedTree").Count);
    }

    [Fact]
    public void CgroupFilterAcceptsPathAndInode()
    {
        Require.Root();
        Require.That(File.Exists("/proc/kpagecgroup"), "Cgroups", "This kernel has no memory cgroups.");
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary();
        PSObject? charged = _session.GetObjects("Get-ProcessPageMap -Id $PID -Exclusive | Get-KPageCgroup | Where-Object CgroupPath | Stop-Upstream 1").SingleOrDefault();
        Require.That(!(charged is null), "Cgroups", "No frame is charged to a cgroup that is visible here.");
        _session["path"] = charged.Get<string>("CgroupPath");
        _session["inode"] = charged.Get<ulong>("CgroupInode");

        Assert.Equal(charged.Get<string>("CgroupPath"), _session.GetObjects("Get-KPageCgroup -Cgroup $path | Stop-Upstream 1").Single().Get<string>("CgroupPath"));
        Assert.Equal(charged.Get<string>("CgroupPath"), _session.GetObjects("Get-KPageCgroup -Cgroup $inode | Stop-Upstream 1").Single().Get<string>("CgroupPath"));
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }
}
