using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Support;

namespace PagemapTools.Procfs.Tests.Machine;

[Trait("Tier", "Unit")]
public sealed class PagemapSupportProbeTests
{
    [Fact]
    public void AbsentKpageFilesAreNotSupported()
    {
        using FakeProc tree = new FakeProc().WriteEntries("kpagecount", 0, 1);
        Dictionary<string, PagemapSupport> said = new ProcfsContext(tree.Root).ProbeSupport().ToDictionary(feature => feature.Feature);
        Assert.Equal((false, true, false), (said["KPageFlags"].IsSupported, said["KPageCount"].IsSupported, said["KPageCgroup"].IsSupported));
        Assert.Contains(tree.Path, said["KPageFlags"].Detail, StringComparison.Ordinal);
    }
}
