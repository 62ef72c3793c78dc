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
    // A deeper tree would need more descriptors than a program has.
    private const int MaxDepth = 128;

    /// <summary>The number of directories that could not be read.</summary>
    public int UnreadableDirectories { get; private set; }

    /// <summary>Whether the mount could be opened.</summary>
    public bool IsOpened { get; private set; }

    public IEnumerable<TreeFile> Read(CancellationToken cancellationToken)
    {
        using SafeFileHandle? top = Open();
        IsOpened = top is not null;
        if (top is not null)
        {
            string path = mount.Path == "/" ? string.Empty : mount.Path;
            foreach (TreeFile file in ReadDirectory(top, path, 0, cancellationToken))
            {
                yield return file;
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

    private IEnumerable<TreeFile> ReadDirectory(SafeFileHandle directory, string path, int depth, CancellationToken cancellationToken)
    {
        foreach (DirectoryEntries.Entry entry in DirectoryEntries.Enumerate(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string name = $"{path}/{SeqFileText.Decode(entry.Name)}";
            if (entry.IsRegular && Statx.GetAt(directory, entry.Name) is { Type: Statx.FileType.Regular, Blocks: > 0 } file && file.Device == mount.Device)
            {
                yield return new TreeFile(file, name, swapped.Count(file, () => DirectoryEntries.OpenFile(directory, entry.Name, out _)));
            }
            else if (entry.IsDirectory)
            {
                using SafeFileHandle? below = OpenBelow(directory, entry.Name, depth);
                foreach (TreeFile each in below is null ? [] : ReadDirectory(below, name, depth + 1, cancellationToken))
                {
                    yield return each;
                }
            }
        }
    }

    private SafeFileHandle? OpenBelow(SafeFileHandle directory, byte[] name, int depth)
    {
        int errno = Errno.EMFILE;
        SafeFileHandle? below = depth < MaxDepth ? DirectoryEntries.OpenDirectory(directory, name, out errno) : null;
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
