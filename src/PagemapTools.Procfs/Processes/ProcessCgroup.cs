using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>The path of a process's memory cgroup: in the hierarchy of version 1 that has the memory controller, else in that of version 2.</summary>
internal static class ProcessCgroup
{
    // A hierarchy of version 1 for each controller and some named ones, with paths of at most 4,096 bytes (kernel/cgroup/cgroup.c).
    private const int MaxSize = 256 * 1024;

    /// <summary>Reads the path; null if the file cannot be read.</summary>
    /// <exception cref="ProcfsException">The file has a line that no kernel writes, or is longer than its bound.</exception>
    public static string? Read(ProcRoot root, int processId)
    {
        // Lines: hierarchy:controllers:path. The hierarchy of version 2 has the number 0 and no controllers.
        string? unified = null;
        string path = root.GetPath(processId, "cgroup");
        using SafeFileHandle file = root.OpenFile(path, out int errno, processId);
        using ProcLineReader lines = new(file, path, MaxSize, processId);
        while (errno == 0 && lines.MoveNext())
        {
            ReadOnlySpan<byte> rest = lines.WholeLine;
            int controllers = rest.IndexOf((byte)':') + 1;
            int end = controllers + rest[controllers..].IndexOf((byte)':');
            if (controllers == 0 || end < controllers)
            {
                throw ProcText.CreateMalformed(path, rest, processId);
            }

            string names = Encoding.Latin1.GetString(rest[controllers..end]);
            if (names.Split(',').Contains("memory", StringComparer.Ordinal))
            {
                return SeqFileText.Unescape(rest[(end + 1)..], " \t\n\\");
            }

            unified ??= names.Length == 0 ? SeqFileText.Unescape(rest[(end + 1)..], " \t\n\\") : null;
        }

        return unified;
    }
}
