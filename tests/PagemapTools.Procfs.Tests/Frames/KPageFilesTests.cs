using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Unit")]
public sealed class KPageFilesTests
{
    [Theory]
    [InlineData(FrameProperties.Flags, "kpageflags")]
    [InlineData(FrameProperties.MapCount, "kpagecount")]
    [InlineData(FrameProperties.Cgroup, "kpagecgroup")]
    public void EachPropertyHasItsFile(FrameProperties field, string name)
    {
        using FakeProc tree = new FakeProc().WriteEntries(name, 0, 11, 22, 33);
        using KPageFiles files = new(tree.Root);
        ulong[] words = new ulong[1];
        Assert.Equal(1, files.Get(field).Read(2, words));
        Assert.Equal(33UL, words[0]);
        Assert.Same(files.Get(field), files.Get(field));
    }

    [Theory]
    [InlineData(FrameProperties.Flags, "CONFIG_PROC_PAGE_MONITOR")]
    [InlineData(FrameProperties.MapCount, "CONFIG_PROC_PAGE_MONITOR")]
    [InlineData(FrameProperties.Cgroup, "CONFIG_MEMCG")]
    public void TheErrorOfAnAbsentFileNamesTheKernelOption(FrameProperties field, string option)
    {
        using FakeProc tree = new();
        using KPageFiles files = new(tree.Root);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => files.Get(field));
        Assert.Equal(ProcfsError.KPageNotAvailable, failure.Error);
        Assert.Contains(option, failure.Message, StringComparison.Ordinal);
        Assert.StartsWith(tree.Path, failure.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void ASavedFileReplacesKpageflagsOnly()
    {
        using FakeProc tree = new FakeProc().WriteEntries("kpageflags", 0, 1).WriteEntries("kpagecount", 0, 2).WriteEntries("saved", 0, 3);
        using KPageFiles files = new(tree.Root, tree.GetPath("saved"));
        ulong[] words = new ulong[1];
        files.Get(FrameProperties.Flags).Read(0, words);
        Assert.Equal(3UL, words[0]);
        files.Get(FrameProperties.MapCount).Read(0, words);
        Assert.Equal(2UL, words[0]);
    }

    [Fact]
    public void NoFileIsOpenedAfterDispose()
    {
        using FakeProc tree = new FakeProc().WriteEntries("kpageflags", 0, 1);
        KPageFiles files = new(tree.Root);
        files.Dispose();
        Assert.Throws<ObjectDisposedException>(() => files.Get(FrameProperties.Flags));
    }

    [Fact]
    public void GetRejectsACombinationOfProperties()
    {
        using FakeProc tree = new();
        using KPageFiles files = new(tree.Root);
        Assert.Throws<ArgumentOutOfRangeException>(() => files.Get(FrameProperties.Flags | FrameProperties.MapCount));
    }
}
