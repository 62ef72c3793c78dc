using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Tests.Native;

/// <summary>An entry of a directory is opened by one system call, or step by step on a kernel without openat2: both open the same.</summary>
[Trait("Tier", "Unit")]
public sealed class DirectoryEntriesTests : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-");

    public DirectoryEntriesTests()
    {
        _directory.CreateSubdirectory("below");
        File.WriteAllText(Path.Join(_directory.FullName, "file"), "text");
        File.CreateSymbolicLink(Path.Join(_directory.FullName, "link"), "file");
        File.CreateSymbolicLink(Path.Join(_directory.FullName, "link-below"), "below");
    }

    public void Dispose() => _directory.Delete(recursive: true);

    [Theory]
    [InlineData("file", false, true)]
    [InlineData("below", true, true)]
    [InlineData(".", true, true)]
    [InlineData("link", false, false)]
    [InlineData("link-below", true, false)]
    [InlineData("file", true, false)]
    [InlineData("absent", false, false)]
    public void BothWaysOpenTheSameEntries(string name, bool isDirectory, bool isOpened)
    {
        using SafeFileHandle parent = Open(_directory.FullName);
        byte[] entry = Encoding.UTF8.GetBytes(name);

        using SafeFileHandle atOnce = isDirectory ? DirectoryEntries.OpenDirectory(parent, entry, out int errno) : DirectoryEntries.OpenFile(parent, entry, out errno);
        using SafeFileHandle stepwise = DirectoryEntries.OpenStepwise(parent, entry, isDirectory, entersMounts: false, out int errnoOfSteps);

        Assert.Equal((isOpened, isOpened), (errno == 0, errnoOfSteps == 0));
        Assert.Equal(atOnce.IsInvalid, stepwise.IsInvalid);
        Assert.Equal(isOpened ? Statx.GetByHandle(atOnce) : null, isOpened ? Statx.GetByHandle(stepwise) : null);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void BothWaysEnterAnotherFileSystemOnlyIfTheyAreTold(bool entersMounts)
    {
        using SafeFileHandle parent = Open("/");

        using SafeFileHandle atOnce = DirectoryEntries.OpenDirectory(parent, "proc"u8, out int errno, entersMounts);
        using SafeFileHandle stepwise = DirectoryEntries.OpenStepwise(parent, "proc"u8, isDirectory: true, entersMounts, out int errnoOfSteps);

        Assert.Equal(entersMounts ? 0 : Errno.EXDEV, errno);
        Assert.Equal(errno, errnoOfSteps);
    }

    [Fact]
    public void AnErrorIsNotTheEndOfTheList()
    {
        using SafeFileHandle file = Open(Path.Join(_directory.FullName, "file"));
        List<int> errors = [];
        Assert.Empty(DirectoryEntries.Enumerate(file, errors.Add));
        Assert.Equal([Errno.ENOTDIR], errors);

        using SafeFileHandle directory = Open(_directory.FullName);
        Assert.Equal(4, DirectoryEntries.Enumerate(directory, errors.Add).Count());
        Assert.Single(errors);
    }

    private static SafeFileHandle Open(string path)
    {
        SafeFileHandle handle = FileIO.OpenForReading(path, out int errno);
        Assert.Equal(0, errno);
        return handle;
    }
}
