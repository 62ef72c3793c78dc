using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>Fields of /proc/meminfo.</summary>
internal static class MemoryInfo
{
    private const int MaxSize = 64 * 1024;

    /// <summary>Reads Shmem in bytes; null if it is not there.</summary>
    /// <exception cref="ProcfsException">The figure is no number, or is too large.</exception>
    public static long? ReadShmem(ProcRoot root) => Read(root, "Shmem:"u8) * 1024;

    /// <summary>Whether the machine has hugetlb pages of its default size.</summary>
    /// <exception cref="ProcfsException">The figure is no number, or is too large.</exception>
    public static bool HasHugetlbPages(ProcRoot root) => Read(root, "HugePages_Total:"u8) is not (null or 0);

    private static long? Read(ProcRoot root, ReadOnlySpan<byte> field)
    {
        string path = root.GetPath("meminfo");
        using SafeFileHandle file = root.OpenFile(path, out int errno);
        using ProcLineReader lines = new(file, path, MaxSize);
        while (errno == 0 && lines.MoveNext())
        {
            if (lines.Line.StartsWith(field))
            {
                ReadOnlySpan<byte> value = lines.Line[field.Length..].TrimStart((byte)' ');
                int end = value.IndexOf((byte)' ');
                return ProcNumber.TryParse(end < 0 ? value : value[..end], out ulong number, long.MaxValue / 1024) ? (long)number : throw ProcText.CreateMalformed(path, lines.Line);
            }
        }

        return null;
    }
}
