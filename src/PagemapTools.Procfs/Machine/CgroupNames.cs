using System.Text;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// The paths of memory cgroups by the inode of their directory, which is what /proc/kpagecgroup gives. In version 1 they lie below
/// the memory hierarchy, in version 2 below the one hierarchy (Documentation/admin-guide/cgroup-v2.rst).
/// </summary>
public sealed class CgroupNames
{
    private readonly Dictionary<ulong, string> _paths = [];
    private readonly HashSet<ulong> _unknown = [];
    private readonly object _lock = new();

    private CgroupNames(string? root)
    {
        Root = root;
    }

    /// <summary>The hierarchy that is mounted on this machine.</summary>
    public static CgroupNames Default { get; } = new(FindRoot("/proc/self/mountinfo"));

    /// <summary>The directory of the hierarchy; null if none is mounted.</summary>
    public string? Root { get; }

    /// <summary>The directory of a cgroup; null if it is not charged, has gone, or is not visible here.</summary>
    public string? PathOf(ulong inode)
    {
        if (inode == 0 || Root is null)
        {
            return null;
        }

        lock (_lock)
        {
            // A cgroup made since the last look is found by another look, one for each number that nobody knows.
            if (!_paths.ContainsKey(inode) && _unknown.Add(inode))
            {
                Scan();
            }

            return _paths.GetValueOrDefault(inode);
        }
    }

    /// <summary>The inode of a cgroup's directory, named by its whole path or by the part below the hierarchy; null if there is none.</summary>
    public ulong? InodeOf(string path)
    {
        string relative = Root is null ? path : System.IO.Path.Join(Root, path);
        string full = Directory.Exists(path) ? path : relative;
        return Directory.Exists(full) ? StatxCall.OfPath(full)?.Inode : null;
    }

    /// <summary>The directories of all memory cgroups.</summary>
    public IReadOnlyCollection<string> All()
    {
        lock (_lock)
        {
            Scan();
            return [.. _paths.Values];
        }
    }

    internal static string? FindRoot(string mountInfo)
    {
        try
        {
            // Fields: id parent major:minor root mountpoint options [optional...] - type source super-options
            string? unified = null;
            foreach (string line in File.ReadLines(mountInfo))
            {
                string[] halves = line.Split(" - ", 2);
                string[] mount = halves[0].Split(' ');
                string[] source = halves[^1].Split(' ');
                if (source[0] == "cgroup" && source[^1].Split(',').Contains("memory", StringComparer.Ordinal))
                {
                    return MountPoint(mount);
                }

                unified ??= source[0] == "cgroup2" ? MountPoint(mount) : null;
            }

            return unified;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or IndexOutOfRangeException)
        {
            return null;
        }
    }

    private static string MountPoint(string[] mount) => OctalEscapes.Decode(Encoding.UTF8.GetBytes(mount[4]), " \t\n\\");

    private void Scan()
    {
        _paths.Clear();
        if (Root is null)
        {
            return;
        }

        EnumerationOptions options = new() { RecurseSubdirectories = true, IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
        foreach (string directory in Directory.EnumerateDirectories(Root, "*", options).Prepend(Root))
        {
            if (StatxCall.OfPath(directory) is { } identity)
            {
                _paths[identity.Inode] = directory;
            }
        }
    }
}
