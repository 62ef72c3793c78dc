using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Live")]
public sealed class FilePagesTests(SharedTargets targets) : IClassFixture<SharedTargets>
{
    [Fact]
    public void WritingCopiesPagesOfAPrivateFileMapping()
    {
        using TargetProcess target = TargetProcess.Start("file-private").Stop();
        TargetRegion region = target["file-private"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["read"]), AssertFilePage);
        Assert.All(pages.Pick(region["written"]), page =>
        {
            Assert.Equal(PageState.Present, page.State);
            Assert.False(page.IsFileOrSharedAnon);
            Assert.True(page.IsExclusive);
            Assert.True(page.Flags is null || page.Flags.Value.HasFlag(KPageFlags.ANON));
        });
        AssertUntouched(region, pages);
        Assert.All(pages, page => Assert.Equal((region.Expect["path"], "rw-p", MappingKind.File), (page.Mapping.Path, page.Mapping.Permissions, page.Mapping.Kind)));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Theory]
    [InlineData("file-shared", false)]
    [InlineData("deleted-file", true)]
    public void EveryPageOfASharedFileMappingBelongsToTheFile(string kind, bool isDeleted)
    {
        using TargetProcess target = TargetProcess.Start(kind).Stop();
        TargetRegion region = target[kind];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["read"]).Concat(pages.Pick(region["written"])), AssertFilePage);
        Assert.All(pages.Pick(region["read"]).Concat(pages.Pick(region["written"])), page => Assert.True(page.IsExclusive));
        AssertUntouched(region, pages);
        Assert.All(pages, page => Assert.Equal((region.Expect["path"], isDeleted, true), (page.Mapping.Path, page.Mapping.IsDeleted, page.Mapping.IsShared)));
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact]
    public void TwoProcessesShareThePagesOfAFile()
    {
        using TargetProcess target = TargetProcess.Start("file-shared", "child=1").Stop();
        TargetRegion region = target["file-shared"];
        ProcessPageInfo[] parent = TargetPages.Read(region);
        ProcessPageInfo[] child = TargetPages.Read(target["file-shared-child"]);
        foreach (int page in target["file-shared-child"]["read"])
        {
            Assert.Equal(parent[page].Pfn, child[page].Pfn);
            Assert.False(parent[page].IsExclusive);
            Assert.False(child[page].IsExclusive);
            Assert.True(parent[page].MapCount is null or 2);
        }

        UssVersusSmaps.Check(target.ProcessId);
        UssVersusSmaps.Check(target.Children[0]);
    }

    [Fact]
    public void OddFileNamesAreDecoded()
    {
        TargetProcess target = targets["odd-names"];
        Dictionary<ulong, MemoryMapping> mappings = ReadMappings(target);
        foreach (string name in (string[])["spaces", "newline", "tab", "backslash", "unicode", "brackets"])
        {
            MemoryMapping mapping = mappings[target[name].Start];
            Assert.Equal((target[name].Expect["path"], false, MappingKind.File), (mapping.Path, mapping.IsDeleted, mapping.Kind));
        }

        Assert.EndsWith(@"/x\xff\xfey", mappings[target["invalid-utf8"].Start].Path, StringComparison.Ordinal);
        MemoryMapping deleted = mappings[target["deleted-suffix-deleted"].Start];
        Assert.Equal((target["deleted-suffix-deleted"].Expect["path"], true), (deleted.Path, deleted.IsDeleted));
        Assert.All(target.Regions, region => Assert.Equal(PageState.Present, TargetPages.Read(region)[0].State));
    }

    [Fact]
    public void AmbiguousNamesGetTheirLikelierReading()
    {
        // maps writes a newline like a backslash followed by 012, and a deleted file like a file whose name ends in (deleted).
        TargetProcess target = targets["odd-names"];
        Dictionary<ulong, MemoryMapping> mappings = ReadMappings(target);
        Assert.EndsWith("/not\nnewline", mappings[target["octal"].Start].Path, StringComparison.Ordinal);
        Assert.EndsWith("/kept", mappings[target["deleted-suffix"].Start].Path, StringComparison.Ordinal);
    }

    [Fact]
    public void NamedMemoryHasItsName()
    {
        TargetProcess target = targets["odd-names"];
        Require.That(target["anon-named"].Expect.ContainsKey("vma-name"), "VmaNames", "the kernel is built without CONFIG_ANON_VMA_NAME");
        MemoryMapping anonymous = ReadMappings(target)[target["anon-named"].Start];
        Assert.Equal(($"[anon:{target["anon-named"].Expect["vma-name"]}]", MappingKind.NamedAnonymous), (anonymous.Path, anonymous.Kind));
        Require.That(target["anon-shmem-named"].Expect.ContainsKey("vma-name"), "VmaNames", "names of shared anonymous memory came with Linux 6.2");
        MemoryMapping shared = ReadMappings(target)[target["anon-shmem-named"].Start];
        Assert.Equal(($"[anon_shmem:{target["anon-shmem-named"].Expect["vma-name"]}]", MappingKind.SharedMemory), (shared.Path, shared.Kind));
    }

    private static Dictionary<ulong, MemoryMapping> ReadMappings(TargetProcess target)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), target.ProcessId);
        return process.ReadMappings().ToDictionary(mapping => mapping.Start);
    }

    private static void AssertUntouched(TargetRegion region, ProcessPageInfo[] pages)
    {
        // A fault also maps adjacent pages of a file that could not be evicted from the page cache.
        if (region.Expect["evicted"] == "true")
        {
            Assert.All(pages.Pick(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
        }
    }

    private static void AssertFilePage(ProcessPageInfo page)
    {
        Assert.Equal(PageState.Present, page.State);
        Assert.True(page.IsFileOrSharedAnon);
        Assert.True(page.Flags is null || !page.Flags.Value.HasFlag(KPageFlags.ANON));
    }
}
