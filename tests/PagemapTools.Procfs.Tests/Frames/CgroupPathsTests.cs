using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

[Trait("Tier", "Live")]
public sealed class CgroupPathsTests
{
    private const string Tree = "24 1 8:1 / / rw,relatime shared:1 - ext4 /dev/root rw\n";

    private const string Unified = "31 24 0:27 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate\n";

    private const string Legacy =
        "30 24 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755\n"
        + "31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        + "32 30 0:28 / /sys/fs/cgroup/memory rw shared:9 master:2 - cgroup cgroup rw,memory\n"
        + "33 30 0:29 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,name=systemd\n";

    private const string Hybrid = "34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw\n";

    [Theory]
    [InlineData(Tree + Unified, "/sys/fs/cgroup")]
    [InlineData(Tree + Legacy, "/sys/fs/cgroup/memory")]
    [InlineData(Tree + Legacy + Hybrid, "/sys/fs/cgroup/memory")]
    [InlineData(Tree + Hybrid + Legacy, "/sys/fs/cgroup/memory")]
    [InlineData(Tree, null)]
    [InlineData("", null)]
    [InlineData("31 24 0:27 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,cpu\n", null)]
    [InlineData("31 24 0:27 / /mnt/memory rw - tmpfs cgroup2 rw,memory\n", null)]
    public void FindRootFindsTheMemoryControllerOfEitherVersion(string mountInfo, string? root)
    {
        using FakeProc tree = new FakeProc().WriteText("mountinfo", mountInfo);
        Assert.Equal(root, CgroupPaths.FindRoot(tree.GetPath("mountinfo")));
    }

    [Fact]
    public void FindRootDecodesASpaceInTheMountPoint()
    {
        using FakeProc tree = new FakeProc().WriteText("mountinfo", @"31 24 0:27 / /mnt/c\040group rw - cgroup2 cgroup2 rw" + "\n");
        Assert.Equal("/mnt/c group", CgroupPaths.FindRoot(tree.GetPath("mountinfo")));
    }

    [Fact]
    public void FindRootReturnsNullWithoutAMountTable()
    {
        using FakeProc tree = new();
        Assert.Null(CgroupPaths.FindRoot(tree.GetPath("mountinfo")));
    }

    [Theory]
    [InlineData("/", "")]
    [InlineData("", "")]
    [InlineData("/tmp", "tmp")]
    [InlineData("tmp", "tmp")]
    [InlineData("/tmp/", "tmp")]
    [InlineData("tmp/inner", "tmp/inner")]
    public void GetInodeTriesThePathBelowTheHierarchyFirst(string path, string directory)
    {
        using FakeProc tree = new FakeProc().WriteText("tmp/inner/cgroup.procs", string.Empty);
        Assert.Equal(Inodes.Get(tree.GetPath(directory)), new CgroupPaths(tree.Path).GetInode(path));
    }

    [Fact]
    public void GetInodeAcceptsAFullPathOfTheHierarchy()
    {
        using FakeProc tree = new FakeProc().WriteText("inner/cgroup.procs", string.Empty);
        Assert.Equal(Inodes.Get(tree.GetPath("inner")), new CgroupPaths(tree.Path).GetInode(tree.GetPath("inner")));
    }

    [Theory]
    [InlineData("/proc")]
    [InlineData("/proc/self")]
    [InlineData("../../../../../../proc")]
    public void GetInodeRejectsADirectoryOfAnotherFileSystem(string path)
    {
        using FakeProc tree = new FakeProc().WriteText("inner/cgroup.procs", string.Empty);
        Assert.Null(new CgroupPaths(tree.Path).GetInode(path));
    }

    [Fact]
    public void GetInodeIgnoresTheWorkingDirectory()
    {
        using FakeProc tree = new();
        DirectoryInfo here = Directory.CreateDirectory($"no-cgroup-{Guid.NewGuid()}");
        try
        {
            Assert.Null(new CgroupPaths(tree.Path).GetInode(here.Name));
        }
        finally
        {
            here.Delete();
        }
    }

    [Fact]
    public void GetInodeRejectsAFileOfTheHierarchy()
    {
        using FakeProc tree = new FakeProc().WriteText("cgroup.procs", string.Empty);
        Assert.Null(new CgroupPaths(tree.Path).GetInode("cgroup.procs"));
    }

    [Fact]
    public void GetInodeReturnsNullWithoutAHierarchy() => Assert.Null(new CgroupPaths(null).GetInode("/"));

    [Fact]
    public void ATreeAboveTheBoundIsAnErrorNotAPart()
    {
        using FakeProc tree = MakeTree(20);
        CgroupPaths bounded = new(tree.Path, maxDirectories: 10);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => bounded.GetPaths(TestContext.Current.CancellationToken));
        Assert.Contains("more than 10 directories", failure.Message, StringComparison.Ordinal);
        Assert.Equal(tree.Path, failure.Path);
        Assert.Equal(tree.Path, bounded.GetPath(Inodes.Get(tree.Path), TestContext.Current.CancellationToken));
        Assert.Throws<ProcfsException>(() => bounded.GetPath(ulong.MaxValue - 5, TestContext.Current.CancellationToken));
        Assert.Equal(21, new CgroupPaths(tree.Path, maxDirectories: 21).GetPaths(TestContext.Current.CancellationToken).Count);
    }

    /// <summary>A directory that is moved to the end of a long path has a path that is longer than PATH_MAX, which the kernel does not resolve.</summary>
    [Fact]
    public void APathThatIsTooLongIsAnErrorNotSilence()
    {
        using FakeProc tree = MakeTree(3);
        string chain = string.Join('/', Enumerable.Repeat(new string('d', 200), 15));
        Directory.CreateDirectory(tree.GetPath($"long/{chain}"));
        Directory.CreateDirectory(tree.GetPath($"moved/{chain}"));
        Directory.Move(tree.GetPath("moved"), tree.GetPath($"long/{chain}/moved"));
        try
        {
            CgroupPaths paths = new(tree.Path);
            Assert.Equal(tree.GetPath("2"), paths.GetPath(Inodes.Get(tree.GetPath("2")), TestContext.Current.CancellationToken));
            Assert.Contains("too long", Assert.Throws<ProcfsException>(() => paths.GetPaths(TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
            Assert.Throws<ProcfsException>(() => paths.GetPath(ulong.MaxValue - 5, TestContext.Current.CancellationToken));
        }
        finally
        {
            // The framework cannot delete a path that is too long.
            Directory.Move(tree.GetPath($"long/{chain}/moved"), tree.GetPath("moved"));
        }
    }

    [Fact]
    public void AScanIsCancelled()
    {
        using FakeProc tree = MakeTree(3);
        CancellationToken cancelled = new(canceled: true);
        Assert.Throws<OperationCanceledException>(() => new CgroupPaths(tree.Path).GetPaths(cancelled));
        Assert.Throws<OperationCanceledException>(() => new CgroupPaths(tree.Path).GetPath(1, cancelled));
    }

    [Fact]
    public void UnknownInodesDoNotRepeatTheScanAtOnce()
    {
        using FakeProc tree = MakeTree(3);
        TickingClock clock = new();
        CgroupPaths paths = new(tree.Path, clock);
        Assert.Null(paths.GetPath(ulong.MaxValue - 5, TestContext.Current.CancellationToken));
        string created = tree.GetPath("created");
        Directory.CreateDirectory(created);
        Assert.Null(paths.GetPath(Inodes.Get(created), TestContext.Current.CancellationToken));
        clock.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal(created, paths.GetPath(Inodes.Get(created), TestContext.Current.CancellationToken));
    }

    private static FakeProc MakeTree(int directories)
    {
        FakeProc tree = new();
        for (int i = 0; i < directories; i++)
        {
            Directory.CreateDirectory(tree.GetPath($"{i}"));
        }

        return tree;
    }

    /// <summary>A clock that goes a second with each reading, so that a scan takes a second.</summary>
    private sealed class TickingClock : TimeProvider
    {
        private long _seconds;

        public override long TimestampFrequency => 1;

        public override long GetTimestamp() => _seconds++;

        public void Advance(TimeSpan time) => _seconds += (long)time.TotalSeconds;
    }
}
