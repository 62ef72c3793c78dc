using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>The path of a process's memory cgroup: in the hierarchy of version 1 that has the memory controller, else in that of version 2.</summary>
internal static class ProcessCgroup
{
    /// <summary>Reads the path; null if the file cannot be read.</summary>
    public static string? Read(ProcRoot root, int processId)
    {
        // Lines: hierarchy:controllers:path. The hierarchy of version 2 has the number 0 and no controllers.
        string? unified = null;
        string path = root.GetPath(processId, "cgroup");
        using SafeFileHandle file = root.OpenFile(path, out int errno, processId);
        using ProcLineReader lines = new(file, path, processId);
        while (errno == 0 && lines.MoveNext())
        {
            ReadOnlySpan<byte> rest = lines.Line;
            int controllers = rest.IndexOf((byte)':') + 1;
            int end = controllers + rest[controllers..].IndexOf((byte)':');
            if (controllers == 0 || end < controllers)
            {
                continue;
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
