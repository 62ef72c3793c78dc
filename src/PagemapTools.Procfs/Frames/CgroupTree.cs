using System.Text;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// The directories of a cgroup hierarchy by their inodes, from one scan. A user to whom a part of the hierarchy is delegated can make any
/// number of directories, of any depth and name, so the scan is bounded.
/// </summary>
internal sealed class CgroupTree
{
    /// <summary>
    /// The directories that one scan reads. The kernel has no more than 65,535 memory cgroups (mm/memcontrol.c, MEM_CGROUP_ID_MAX), but a
    /// hierarchy of version 2 may also have cgroups without the memory controller. An estimate, not a measurement: 100,000 directories take
    /// about a second.
    /// </summary>
    public const int MaxDirectories = 256 * 1024;

    // PATH_MAX (include/uapi/linux/limits.h), with the NUL.
    private const int MaxPathLength = 4096;

    // 64 MiB of names: an average of 128 characters for each directory.
    private const int MaxCharacters = 32 * 1024 * 1024;

    private readonly Dictionary<ulong, (ulong Parent, string Name)> _directories = [];
    private readonly string _root;
    private int _characters;

    private CgroupTree(string root)
    {
        _root = root;
    }

    /// <summary>The reason why a part of the hierarchy was not read; null if all that is visible was read.</summary>
    public string? MissingReason { get; private set; }

    /// <summary>The paths of the directories.</summary>
    public IEnumerable<string> Paths => _directories.Keys.Select(GetPath);

    /// <summary>Reads a hierarchy.</summary>
    /// <param name="root">Its directory.</param>
    /// <param name="maxDirectories">The bound.</param>
    /// <param name="cancellationToken">Cancels the scan between two directories.</param>
    public static CgroupTree Scan(string root, int maxDirectories, CancellationToken cancellationToken)
    {
        CgroupTree tree = new(root);
        Stack<ulong> unread = new();
        if (Statx.GetByPath(root) is { } identity)
        {
            tree._directories.Add(identity.Inode, (0, root));
            unread.Push(identity.Inode);
        }

        while (unread.TryPop(out ulong directory))
        {
            tree.ReadDirectory(directory, unread, maxDirectories, cancellationToken);
        }

        return tree;
    }

    /// <summary>Finds the path of an inode; null if the scan did not find it.</summary>
    public string? FindPath(ulong inode) => _directories.ContainsKey(inode) ? GetPath(inode) : null;

    private string GetPath(ulong inode)
    {
        Stack<string> names = new();
        for (ulong current = inode; current != 0; current = _directories[current].Parent)
        {
            names.Push(_directories[current].Name);
        }

        return string.Join('/', names);
    }

    private void ReadDirectory(ulong inode, Stack<ulong> unread, int maxDirectories, CancellationToken cancellationToken)
    {
        string path = GetPath(inode);
        try
        {
            EnumerationOptions options = new() { IgnoreInaccessible = true, AttributesToSkip = FileAttributes.ReparsePoint };
            foreach (string child in Directory.EnumerateDirectories(path, "*", options))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (_directories.Count >= maxDirectories || _characters >= MaxCharacters)
                {
                    MissingReason = $"'{_root}' has more than {_directories.Count} directories";
                    unread.Clear();
                    return;
                }

                Add(child, inode, unread);
            }
        }
        catch (DirectoryNotFoundException)
        {
            // The cgroup was removed since its parent was read.
        }
        catch (IOException unreadable)
        {
            MissingReason = $"a directory below '{_root}' cannot be read: {unreadable.Message}";
        }
    }

    private void Add(string path, ulong parent, Stack<ulong> unread)
    {
        string name = Path.GetFileName(path);
        if (Encoding.UTF8.GetByteCount(path) >= MaxPathLength)
        {
            MissingReason = $"the path of a directory below '{_root}' is too long";
        }
        else if (Statx.GetByPath(path) is { } identity && _directories.TryAdd(identity.Inode, (parent, name)))
        {
            _characters += name.Length;
            unread.Push(identity.Inode);
        }
    }
}
