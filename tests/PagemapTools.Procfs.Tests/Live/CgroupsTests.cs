using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Live;

[Trait("Tier", "Privileged")]
public sealed class CgroupsTests
{
    [Fact]
    public void InodeZeroHasNoPath() => Assert.Null(CgroupPaths.Find().GetPath(0, TestContext.Current.CancellationToken));

    [Fact]
    public void AnUnusedInodeHasNoPath() => Assert.Null(CgroupPaths.Find().GetPath(ulong.MaxValue - 5, TestContext.Current.CancellationToken));

    [Fact]
    public void InodesIdentifyTheDirectoriesOfTheHierarchy()
    {
        Require.Cgroups(CgroupPaths.Find().Root is not null, "no hierarchy of cgroups with the memory controller is mounted");
        string root = CgroupPaths.Find().Root!;
        ulong? inode = CgroupPaths.Find().GetInode(root);
        Assert.NotNull(inode);
        Assert.Equal(Inodes.Get(root), inode);
        Assert.Equal(root, CgroupPaths.Find().GetPath(inode.Value, TestContext.Current.CancellationToken));
        string? child = Directory.EnumerateDirectories(root).FirstOrDefault();
        Require.Cgroups(child is not null, $"{root} has no cgroup below it");
        Assert.Equal(Inodes.Get(child), CgroupPaths.Find().GetInode(Path.GetFileName(child)));
        Assert.Contains(child, CgroupPaths.Find().GetPaths(TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("/tmp")]
    [InlineData("/proc")]
    public void OtherDirectoriesHaveNoInode(string path)
    {
        Require.Cgroups(CgroupPaths.Find().Root is not null, "no hierarchy of cgroups with the memory controller is mounted");
        Require.Cgroups(!Directory.Exists(Path.Join(CgroupPaths.Find().Root, path)), $"there is a cgroup {path}");
        Assert.Null(CgroupPaths.Find().GetInode(path));
    }

    [Fact]
    public void ASlashNamesTheRootCgroup()
    {
        Require.Cgroups(CgroupPaths.Find().Root is not null, "no hierarchy of cgroups with the memory controller is mounted");
        Assert.Equal(Inodes.Get(CgroupPaths.Find().Root!), CgroupPaths.Find().GetInode("/"));
    }

    [Fact]
    public void APageIsChargedToTheCgroupOfItsProcess()
    {
        Require.PageFrameNumbers();
        Require.ReadableFile("/proc/kpagecgroup");
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        string? path = FindMemoryCgroup(target.ProcessId);
        Require.That(path is not null && Directory.Exists(path), "Cgroups", "the cgroup of the process is not visible here");
        ProcessPageInfo page = TargetPages.Read(target["anon"])[target["anon"]["written"][0]];
        Require.That(!(page.CgroupInode == 0), "Cgroups", "pages of the root cgroup are charged to none");
        Assert.Equal(Inodes.Get(path), page.CgroupInode);
        Assert.Equal(path, page.CgroupPath);
    }

    /// <summary>/proc/PID/cgroup has a line "4:memory:/path" in version 1, and "0::/path" in version 2.</summary>
    private static string? FindMemoryCgroup(int processId)
    {
        string[][] lines = [.. File.ReadLines(FormattableString.Invariant($"/proc/{processId}/cgroup")).Select(line => line.Split(':', 3))];
        string[]? line = lines.FirstOrDefault(line => line[1].Split(',').Contains("memory", StringComparer.Ordinal)) ?? lines.FirstOrDefault(line => line[0] == "0");
        return line is null || CgroupPaths.Find().Root is not { } root ? null : Path.TrimEndingDirectorySeparator(Path.Join(root, line[2]));
    }
}
