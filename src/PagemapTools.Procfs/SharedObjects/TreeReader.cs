using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>A file of a mounted file system.</summary>
internal readonly record struct TreeFile(Statx.FileIdentity Identity, string Path, long? Swapped);

/// <summary>
/// Lists the regular files of a mounted tmpfs or hugetlbfs that have memory. Other users make these trees: no link is followed, no mount is
/// entered, nothing but directories is opened (and, to count pages in swap, regular files), and one directory of each level is open at a time.
/// </summary>
internal sealed class TreeReader(ProcRoot root, SharedMount mount, SwappedPages swapped)
{
    /// <summary>The number of directories that could not be read.</summary>
    public int UnreadableDirectories { get; private set; }

    /// <summary>Whether the mount could be opened.</summary>
    public bool IsOpened { get; private set; }

    public IEnumerable<TreeFile> Read(CancellationToken cancellationToken)
    {
        SafeFileHandle? top = Open();
        IsOpened = top is not null;
        if (top is null)
        {
            yield break;
        }

        string path = mount.Path == "/" ? string.Empty : mount.Path;
        foreach ((WalkedDirectory directory, DirectoryEntries.Entry entry) in new DirectoryWalk(Enter).Enumerate(top, path, cancellationToken))
        {
            if (entry.IsRegular && Statx.GetAt(directory.Handle, entry.Name) is { Type: Statx.FileType.Regular, Blocks: > 0 } file && file.Device == mount.Device)
            {
                long? count = swapped.Count(file, () => DirectoryEntries.OpenFile(directory.Handle, entry.Name, out _));
                yield return new TreeFile(file, $"{directory.Path}/{SeqFileText.Decode(entry.Name)}", count);
            }
        }
    }

    // O_PATH calls no file system. What is there is opened only if it is the expected one, and not another that is mounted over it.
    private SafeFileHandle? Open()
    {
        using SafeFileHandle path = FileIO.OpenPath($"{root.GetPath(mount.ProcessId, "root")}{mount.Path}", out int errno);
        if (errno != 0 || Statx.GetByHandle(path) is not { Type: Statx.FileType.Directory } top || top.Device != mount.Device)
        {
            return null;
        }

        SafeFileHandle directory = DirectoryEntries.OpenDirectory(path, "."u8, out errno);
        if (errno == 0)
        {
            return directory;
        }

        directory.Dispose();
        UnreadableDirectories += errno is Errno.EACCES or Errno.EPERM ? 1 : 0;
        return null;
    }

    private SafeFileHandle? Enter(WalkedDirectory parent, byte[] name)
    {
        int errno = Errno.EMFILE;
        SafeFileHandle? below = parent.Depth + 1 < DirectoryWalk.MaxDepth ? DirectoryEntries.OpenDirectory(parent.Handle, name, out errno) : null;
        if (errno == 0)
        {
            return below;
        }

        // EXDEV is another mount, which is read by itself.
        below?.Dispose();
        UnreadableDirectories += errno is Errno.EACCES or Errno.EPERM or Errno.EMFILE ? 1 : 0;
        return null;
    }
}
