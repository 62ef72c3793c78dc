using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Measure-KPageFlags -ByKind and -ByNode, and Measure-KPageCgroup, on files with known words.</summary>
[Trait("Tier", "Unit")]
public sealed class MemoryUseTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Free = 1UL << 10;
    private const ulong Slab = 1UL << 7;

    private readonly FakeProc _tree = new FakeProc()
        .WriteEntries("kpageflags", 0, Anonymous, Anonymous, Free, Slab)
        .WriteEntries("kpagecgroup", 0, 9_999_999_999, 9_999_999_998, 0, 0)
        .WriteEntries("kpagecount", 0, 1, 1, 0, 0);

    private readonly Session _session = new();

    public MemoryUseTests()
    {
        _session["tree"] = _tree.Path;
        _session["saved"] = _tree.GetPath("kpageflags");
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*-KPage*:ProcPath"] = _tree.Path, ["*-KPage*:AllowSavedTree"] = true };
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("Measure-KPageFlags -ByKind", "Free 1, Anonymous 2, Slab 1")]
    [InlineData("Measure-KPageFlags -ByKind -Path $saved", "Free 1, Anonymous 2, Slab 1")]
    [InlineData("Measure-KPageFlags -ByKind -NotFlag BUDDY", "Anonymous 2, Slab 1")]
    public void KindsAreCounted(string command, string expected) =>
        Assert.Equal(expected, string.Join(", ", _session.GetObjects(command).Select(kind => $"{kind.Get<object>("Kind")} {kind.Get<long>("PageCount")}")));

    [Fact]
    public void ASavedTreeHasNoNodes()
    {
        PSObject only = Assert.Single(_session.GetObjects("Measure-KPageFlags -ByNode"));

        Assert.Equal((null, 4L), (only.Get<int?>("Node"), only.Get<long>("PageCount")));
    }

    [Fact]
    public void CgroupsWithoutADirectoryAreToldApartByTheirInodes()
    {
        IReadOnlyList<PSObject> found = _session.GetObjects("Measure-KPageCgroup");

        Assert.Equal(new ulong[] { 0, 9_999_999_998, 9_999_999_999 }, found.GetColumn<ulong>("CgroupInode").Order());
        Assert.All(found, cgroup => Assert.Null(cgroup.Get<string>("CgroupPath")));
        PSObject one = Assert.Single(_session.GetObjects("Measure-KPageCgroup 9999999999"));
        Assert.Equal((1, (long)KernelFile.PageSize), (one.Get<int>("CgroupCount"), one.Get<long>("Anonymous")));
    }

    [Fact]
    public void AMissingCgroupEndsTheCommand() =>
        Assert.Equal("CgroupNotFound", _session.GetTermination("Measure-KPageCgroup no/such/cgroup").GetErrorId());

    [Theory]
    [InlineData("Measure-KPageFlags -ByKind -ByNode", "ByKindAndByNode")]
    [InlineData("Get-KPageFlags -Path $saved -Include MapCount", "SavedFlagsAndCgroup")]
    [InlineData("Get-KPageFlags -Path $saved -Include All", "SavedFlagsAndCgroup")]
    public void ParametersThatExcludeEachOtherAreErrors(string command, string id) => Assert.Equal(id, _session.GetTermination(command).GetErrorId());

    [Fact]
    public void GetKPageFlagsIncludesOtherProperties()
    {
        PSObject frame = _session.GetObjects("Get-KPageFlags 1 -Include All")[0];

        Assert.Equal((1UL, 9_999_999_998UL, null), (frame.Get<ulong?>("MapCount"), frame.Get<ulong?>("CgroupInode"), frame.Get<int?>("Node")));
        Assert.Null(_session.GetObjects("Get-KPageFlags 1")[0].Get<ulong?>("MapCount"));
    }
}
