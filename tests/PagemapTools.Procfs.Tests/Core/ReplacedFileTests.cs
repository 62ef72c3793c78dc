using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class ReplacedFileTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-replaced-");

    private string FilePath => Path.Join(_directory.FullName, "a.prom");

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void AnUnfinishedFileLeavesTheOldOne()
    {
        File.WriteAllText(FilePath, "old");
        using (ReplacedFile file = new(FilePath))
        {
            file.Stream.Write("new"u8);
            file.Stream.Flush();
            Assert.Equal("old", File.ReadAllText(FilePath));
        }

        Assert.Equal("old", File.ReadAllText(FilePath));
        Assert.Single(_directory.GetFileSystemInfos());
    }

    [Fact]
    public void AFinishedFileReplacesTheOldOneAndBelongsToItsOwnerAlone()
    {
        File.WriteAllText(FilePath, "old");
        using (ReplacedFile file = new(FilePath))
        {
            file.Stream.Write("new"u8);
            Assert.DoesNotContain(_directory.GetFiles("*.prom"), found => found.FullName != FilePath);
            file.Commit();
        }

        Assert.Equal("new", File.ReadAllText(FilePath));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(FilePath));
        Assert.Single(_directory.GetFileSystemInfos());
    }

    [Fact]
    public void ASymbolicLinkIsReplacedAndNotFollowed()
    {
        string target = Path.Join(_directory.FullName, "target");
        File.WriteAllText(target, "keep");
        File.CreateSymbolicLink(FilePath, target);
        using (ReplacedFile file = new(FilePath))
        {
            file.Stream.Write("new"u8);
            file.Commit();
        }

        Assert.Equal("keep", File.ReadAllText(target));
        Assert.Null(new FileInfo(FilePath).LinkTarget);
    }

    [Fact]
    public void ADirectoryIsRefused() => Assert.Throws<UnauthorizedAccessException>(() => new ReplacedFile(_directory.FullName));
}
