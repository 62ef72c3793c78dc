using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// The devices of the hugetlbfs file systems, by which maps tells a mapping of hugetlb pages from others: the kernel's own, on which
/// MAP_HUGETLB, SHM_HUGETLB and MFD_HUGETLB live, one for each size, and those that a process sees mounted. It needs no right.
/// </summary>
internal static class HugetlbDevices
{
    private static readonly Lazy<HashSet<(uint Major, uint Minor)>> s_ofKernel = new(ProbeKernel);

    /// <summary>Whether a mapping is of hugetlb pages.</summary>
    /// <param name="mapping">The mapping.</param>
    /// <param name="mounted">The devices that are mounted where its process is.</param>
    public static bool Contain(MemoryMapping mapping, IReadOnlySet<(uint Major, uint Minor)> mounted) =>
        mapping.Inode != 0
        && (s_ofKernel.Value.Contains((mapping.DeviceMajor, mapping.DeviceMinor)) || mounted.Contains((mapping.DeviceMajor, mapping.DeviceMinor)));

    /// <summary>The hugetlbfs file systems in a process's mount namespace; empty if that cannot be read.</summary>
    public static IReadOnlySet<(uint Major, uint Minor)> MountedAt(ProcRoot root, int processId)
    {
        HashSet<(uint, uint)> devices = [];
        try
        {
            foreach (string line in File.ReadLines(root.PathOf(processId, "mountinfo")))
            {
                if (line.Contains(" - hugetlbfs ", StringComparison.Ordinal))
                {
                    string[] device = line.Split(' ', 4)[2].Split(':');
                    devices.Add((uint.Parse(device[0], CultureInfo.InvariantCulture), uint.Parse(device[1], CultureInfo.InvariantCulture)));
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException)
        {
            devices.Clear();
        }

        return devices;
    }

    private static HashSet<(uint, uint)> ProbeKernel()
    {
        HashSet<(uint, uint)> devices = [];
        const string Sizes = "/sys/kernel/mm/hugepages";
        foreach (string directory in Directory.Exists(Sizes) ? Directory.GetDirectories(Sizes, "hugepages-*kB") : [])
        {
            string size = Path.GetFileName(directory)["hugepages-".Length..^"kB".Length];
            using SafeFileHandle file = MemfdCall.CreateHuge(ulong.Parse(size, CultureInfo.InvariantCulture) * 1024);
            if (!file.IsInvalid && StatxCall.OfDescriptor((int)file.DangerousGetHandle()) is { } identity)
            {
                devices.Add((identity.DeviceMajor, identity.DeviceMinor));
            }
        }

        return devices;
    }
}
