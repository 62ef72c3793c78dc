using System.Diagnostics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Opens device files of this machine. The tests of target processes cover overlays and unmounted file systems.</summary>
[Trait("Tier", "Privileged")]
public sealed partial class MappedFileTests
{
    [Fact]
    public void PagesOfABlockDeviceAreOnADisk()
    {
        string[] names = Directory.Exists("/sys/class/block") ? Directory.GetFileSystemEntries("/sys/class/block") : [];
        string? device = names.Select(name => Path.Join("/dev", Path.GetFileName(name))).FirstOrDefault(KernelFile.CanRead);
        Require.That(device is not null, "BlockDevice", "no block device opens");
        using MappedFile file = MappedFile.FromHandle(File.OpenHandle(device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(BackingStore.Disk, file.Backing);
    }

    [Fact]
    public void CharacterDevicesAreNotOpened()
    {
        Require.MapFiles();
        using OwnPages zero = OwnPages.MapPrivate("/dev/zero", 1);
        using ProcessAddressSpace own = ProcessAddressSpace.Open(new ProcRoot("/proc"), Environment.ProcessId);
        MemoryMapping mapping = own.ReadMappings().Single(mapping => mapping.Start == zero.Start);
        Assert.Equal(("/dev/zero", true), (mapping.Path, mapping.HasFile));
        Assert.Null(MappedFile.Open(own, mapping, out FileObstacle obstacle));
        Assert.Equal(FileObstacle.None, obstacle);
    }

    /// <summary>Any user can have a lease on a file of his own, and the kernel makes an open wait until the lease is given back.</summary>
    [Fact]
    public void AWriteLeaseDoesNotHoldTheOpen()
    {
        const int SetLease = 1024;
        const int SetSignal = 10;
        const int SignalWindowChange = 28;
        const int WriteLease = 1;
        const int NoLease = 2;
        Require.MapFiles();
        string path = Path.Join(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"pagemaptools-lease-{Guid.NewGuid()}");
        using SafeFileHandle file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, FileOptions.DeleteOnClose);
        RandomAccess.SetLength(file, Environment.SystemPageSize);
        using OwnPages pages = OwnPages.MapShared(file, 1);
        // The default signal would end this process.
        Assert.Equal(0, ControlFile(file, SetSignal, SignalWindowChange));
        Require.That(ControlFile(file, SetLease, WriteLease) == 0, "FileLease", "this file system has no leases");

        using ProcessAddressSpace own = ProcessAddressSpace.Open(new ProcRoot("/proc"), Environment.ProcessId);
        MemoryMapping mapping = own.ReadMappings().Single(mapping => mapping.Start == pages.Start);
        Stopwatch clock = Stopwatch.StartNew();
        using MappedFile? opened = MappedFile.Open(own, mapping, out FileObstacle obstacle);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(20), $"{clock.Elapsed}");
        Assert.Equal((true, FileObstacle.MayNotAnswer), (opened is null, obstacle));
        Assert.Equal(0, ControlFile(file, SetLease, NoLease));
        using MappedFile? openedLater = MappedFile.Open(own, mapping, out obstacle);
        Assert.Equal((true, FileObstacle.None), (openedLater is not null, obstacle));
    }

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    private static partial int ControlFile(SafeFileHandle file, int command, int argument);
}
