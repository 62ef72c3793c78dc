using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

[Trait("Tier", "Unit")]
public sealed class MountPointsTests
{
    [Theory]
    [InlineData("/", "root")]
    [InlineData("/a", "a")]
    [InlineData("/a/", "a")]
    [InlineData("/a/x", "a")]
    [InlineData("/a-b", "a-b")]
    [InlineData("/a-b/c", "a-b")]
    [InlineData("/a-", "root")]
    [InlineData("/a/b/c", "ab-last")]
    [InlineData("/ab", "root")]
    [InlineData("relative", null)]
    [InlineData("", "root")]
    public void PathIsOnTheLastMountOfTheNearestMountPoint(string path, string? fileSystem)
    {
        MountPoints points = new([Mount("/", "root"), Mount("/a", "a"), Mount("/a/b", "ab"), Mount("/a-b", "a-b"), Mount("/a/b", "ab-last")]);
        Assert.Equal(fileSystem, points.FindFileSystem(path));
    }

    [Fact]
    public void WithoutMountsNoPathHasAFileSystem() => Assert.Null(new MountPoints([]).FindFileSystem("/"));

    [Fact]
    public void RandomPathsAgreeWithTheSearchOfAllMountPoints()
    {
        Random random = new(1);
        for (int round = 0; round < 200; round++)
        {
            MountInfo[] mounts = [.. Enumerable.Range(0, random.Next(60)).Select(i => Mount(CreatePath(random), $"{i}"))];
            MountPoints points = new(mounts);
            for (int i = 0; i < 100; i++)
            {
                string path = CreatePath(random);
                Assert.Equal(Search(mounts, path), points.FindFileSystem(path));
            }
        }
    }

    private static string? Search(MountInfo[] mounts, string path) => mounts
        .Where(mount => $"{path}/".StartsWith($"{mount.MountPoint.TrimEnd('/')}/", StringComparison.Ordinal))
        .OrderBy(mount => mount.MountPoint.Length).Select(mount => mount.FileSystem).LastOrDefault();

    private static string CreatePath(Random random) =>
        random.Next(20) == 0 ? "/" : string.Concat(Enumerable.Range(0, random.Next(1, 12)).Select(_ => random.Next(8) == 0 ? "/b-" : "/a"));

    private static MountInfo Mount(string point, string fileSystem) => new(1, 1, 0, 1, fileSystem, "/", point, "rw");
}
