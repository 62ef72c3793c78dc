using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

/// <summary>The file behind a link of proc is the one that was checked, whatever the process puts there meanwhile.</summary>
[Trait("Tier", "Unit")]
public sealed partial class LinkedFileTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("pagemaptools-links-").FullName;
    private readonly SafeFileHandle _file;

    public LinkedFileTests()
    {
        File.WriteAllText(Path.Join(_directory, "file"), "file");
        _file = File.OpenHandle(Path.Join(_directory, "file"));
    }

    private string Link => $"/proc/self/fd/{_file.DangerousGetHandle()}";

    public void Dispose()
    {
        _file.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("/dev/zero")]
    [InlineData("other")]
    [InlineData(".")]
    public void AFileThatTakesThePlaceOfTheCheckedOneIsNotOpened(string other)
    {
        File.WriteAllText(Path.Join(_directory, "other"), "other");
        using SafeFileHandle unopened = FileIO.OpenPath(Path.Join(other[0] == '/' ? string.Empty : _directory, other), out _);
        ulong inode = Inodes.Get(Path.Join(_directory, "file"));

        using SafeFileHandle opened = LinkedFile.Open(Link, Environment.ProcessId, Exchange, out Statx.FileIdentity file, out int errno);

        Assert.Equal((0, inode, inode), (errno, file.Inode, Statx.GetByHandle(opened)?.Inode));
        Assert.NotEqual(inode, Statx.GetByLink(Link)?.Inode);

        bool Exchange(Statx.FileIdentity checkedFile)
        {
            Assert.Equal(inode, checkedFile.Inode);
            Assert.Equal((int)_file.DangerousGetHandle(), Duplicate((int)unopened.DangerousGetHandle(), (int)_file.DangerousGetHandle()));
            return true;
        }
    }

    [Fact]
    public void AFileThatMayHaveAServerIsNotOpened()
    {
        using SafeFileHandle opened = LinkedFile.Open(Link, Environment.ProcessId, _ => false, out _, out int errno);

        Assert.Equal((true, Errno.EREMOTE), (opened.IsInvalid, errno));
    }

    [Fact]
    public void ADeviceIsNotOpened()
    {
        using SafeFileHandle device = FileIO.OpenPath("/dev/zero", out _);
        using SafeFileHandle opened = LinkedFile.Open($"/proc/self/fd/{device.DangerousGetHandle()}", Environment.ProcessId, _ => true, out _, out int errno);

        Assert.Equal((true, Errno.ENODEV), (opened.IsInvalid, errno));
    }

    [LibraryImport("libc", EntryPoint = "dup2", SetLastError = true)]
    private static partial int Duplicate(int descriptor, int place);
}
