using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Opens device files of this machine. The tests of target processes cover overlays and unmounted file systems.</summary>
[Trait("Tier", "Privileged")]
public sealed class MappedFileTests
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
        Assert.Null(MappedFile.Open(own, mapping, isLocal: true, out FileObstacle obstacle));
        Assert.Equal(FileObstacle.None, obstacle);
    }
}
