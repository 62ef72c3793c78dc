namespace PagemapTools.Procfs.Tests.Live;

<<<<<<< HEAD
/// <summary>Files of this machine whose type is known. Tests with the zoo cover overlays and unmounted file systems.</summary>
=======
/// <summary>What files are, on files of this machine whose nature is known. Overlays and mounts that went are in the target.</summary>
[Trait("Tier", "Privileged")]
>>>>>>> tests
public sealed class MappedFileTests
{
    [Fact]
    public void PagesOfABlockDeviceAreOnADisk()
    {
        string[] names = Directory.Exists("/sys/class/block") ? Directory.GetFileSystemEntries("/sys/class/block") : [];
        string? device = names.Select(name => Path.Join("/dev", Path.GetFileName(name))).FirstOrDefault(KernelFile.Opens);
<<<<<<< HEAD
        Assert.SkipUnless(device is not null, "no block device opens");
        using MappedFile file = MappedFile.FromHandle(File.OpenHandle(device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(BackingStore.Disk, file.Backing);
=======
        Require.That(device is not null, "BlockDevice", "no block device opens");
        using MappedFile file = MappedFile.Of(File.OpenHandle(device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(FileStore.Disk, file.Store);
>>>>>>> tests
    }

    [Fact]
    public void CharacterDevicesAreNotOpened()
    {
        Require.MapFiles();
        using OwnPages zero = OwnPages.MapPrivate("/dev/zero", 1);
        using ProcessMemory own = ProcessMemory.Open(new ProcRoot("/proc"), Environment.ProcessId);
        MemoryMapping mapping = own.Mappings().Single(mapping => mapping.Start == zero.Start);
        Assert.Equal(("/dev/zero", true), (mapping.Path, mapping.HasFile));
        Assert.Null(MappedFile.Open(own, mapping, out bool isDenied));
        Assert.False(isDenied);
    }
}
