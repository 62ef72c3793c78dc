using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Kinds of mappings that their device shows, and their names do not.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class MappingKindsTests
{
    [Theory]
    [InlineData("hugetlb-private", "", MappingKind.Hugetlb)]
    [InlineData("hugetlb-shared", "", MappingKind.Hugetlb)]
    [InlineData("hugetlb-shared", "of=sysv", MappingKind.Hugetlb)]
    [InlineData("memfd", "", MappingKind.SharedMemory)]
    [InlineData("sysv-shm", "", MappingKind.SharedMemory)]
    [InlineData("posix-shm", "", MappingKind.SharedMemory)]
    [InlineData("tmpfs-file", "", MappingKind.SharedMemory)]
    [InlineData("io-uring", "", MappingKind.AnonInode)]
    [InlineData("file-shared", "", MappingKind.File)]
    public void TheDeviceShowsTheKind(string kind, string options, MappingKind expected)
    {
        using TargetProcess target = TargetProcess.Start(kind, options.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Stop();
        Assert.Equal(expected, Find(target.Region).Kind);

        // smaps knows by itself which mappings have hugetlb pages: their flag is ht.
        string flags = ReadFlags(target.Region);
        Assert.Equal(expected == MappingKind.Hugetlb, flags.Split(' ').Contains("ht"));
    }

    [Fact]
    public void APrivateMappingOfTheZeroDeviceIsAnonymousMemory()
    {
        using TargetProcess target = TargetProcess.Start("zero-device").Stop();
        Assert.Equal((MappingKind.Anonymous, "/dev/zero"), (Find(target["private"]).Kind, Find(target["private"]).Name));
        Assert.Equal(MappingKind.SharedMemory, Find(target["shared"]).Kind);
    }

    private static MemoryMapping Find(TargetRegion region)
    {
        using ProcfsContext procfs = new(new("/proc"));
        using ProcessAddressSpace process = procfs.OpenProcess(region.ProcessId);
        return process.ReadMappings().Single(mapping => mapping.Start <= region.Start && region.Start < mapping.End);
    }

    private static string ReadFlags(TargetRegion region)
    {
        string[] lines = File.ReadAllLines(FormattableString.Invariant($"/proc/{region.ProcessId}/smaps"), System.Text.Encoding.Latin1);
        int header = Array.FindIndex(lines, line => line.StartsWith(FormattableString.Invariant($"{region.Start:x8}-"), StringComparison.Ordinal));
        Assert.True(header >= 0, "The region is no mapping of its own.");
        return lines.Skip(header).First(line => line.StartsWith("VmFlags:", StringComparison.Ordinal));
    }
}
