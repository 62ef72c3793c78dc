namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The mount points of a process, for the file systems of paths. Another user may have made 100,000 mounts, and overlays with as many
/// layers, so finding a file system takes a logarithmic number of steps.
/// </summary>
internal sealed class MountPoints
{
    // A directory ends with '/', so it is a prefix of what is below it, and of nothing else. The first one is empty: it is above all paths.
    private readonly string[] _directories;
    private readonly string?[] _fileSystems;

    // The nearest mount point above each one, one that is farther above, and the number of those above it. Searching upwards by the far
    // ones is logarithmic (Myers, "An applicative random-access stack", 1983).
    private readonly (int Near, int Far, int Depth)[] _above;

    /// <summary>Sorts the mount points. Of several mounts on one directory the last one is seen.</summary>
    /// <param name="mounts">The mounts, in the order of mountinfo.</param>
    public MountPoints(IEnumerable<MountInfo> mounts)
    {
        Dictionary<string, string?> seen = new(StringComparer.Ordinal) { [string.Empty] = null };
        foreach (MountInfo mount in mounts)
        {
            seen[CloseDirectory(mount.MountPoint)] = mount.FileSystem;
        }

        _directories = [.. seen.Keys];
        _fileSystems = [.. seen.Values];
        Array.Sort(_directories, _fileSystems, StringComparer.Ordinal);
        _above = new (int, int, int)[_directories.Length];
        for (int i = 1; i < _directories.Length; i++)
        {
            int near = FindPrefix(i - 1, _directories[i]);
            (_, int far, int depth) = _above[near];
            (_, int farthest, int farDepth) = _above[far];
            bool isAsFar = depth - farDepth == farDepth - _above[farthest].Depth;
            _above[i] = (near, isAsFar ? farthest : near, depth + 1);
        }
    }

    /// <summary>Finds the type of the file system that a path is on; null if no mount point is above it.</summary>
    public string? FindFileSystem(string path)
    {
        string directory = CloseDirectory(path);
        int index = Array.BinarySearch(_directories, directory, StringComparer.Ordinal);
        return _fileSystems[index >= 0 ? index : FindPrefix(~index - 1, directory)];
    }

    private static string CloseDirectory(string path) => path.EndsWith('/') ? path : path + '/';

    /// <summary>
    /// Finds the longest mount point that is a prefix of a directory. It is a prefix of everything that sorts between the two, so it is the
    /// mount point that sorts immediately before the directory, or above that one. Its length is at most what both have in common.
    /// </summary>
    private int FindPrefix(int before, string directory)
    {
        int common = directory.AsSpan().CommonPrefixLength(_directories[before]);
        int index = before;
        while (_directories[index].Length > common)
        {
            (int near, int far, _) = _above[index];
            index = _directories[far].Length > common ? far : near;
        }

        return index;
    }
}
