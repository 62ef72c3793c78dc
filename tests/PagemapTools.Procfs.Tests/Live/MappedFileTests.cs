namespace PagemapTools.Procfs.Tests.Live;

/// <summary>What files are, on files of this machine whose nature is known. Overlays and mounts that went are in the target.</summary>
[Trait("Tier", "Privileged")]
public sealed class MappedFileTests
{
    [Fact]
    public void The_pages_of_a_block_device_are_on_a_disk_though_its_node_is_in_memory()
    {
        string[] names = Directory.Exists("/sys/class/block") ? Directory.GetFileSystemEntries("/sys/class/block") : [];
        string? device = names.Select(name => Path.Join("/dev", Path.GetFileName(name))).FirstOrDefault(KernelFile.Opens);
        Require.That(device is not null, "BlockDevice", "no block device opens");
        using MappedFile file = MappedFile.Of(File.OpenHandle(device, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        Assert.Equal(FileStore.Disk, file.Store);
    }

    [Fact]
    public void A_character_device_is_not_opened()
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
