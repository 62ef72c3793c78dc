using System.Collections.Concurrent;
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
    /// <summary>The number of directories that the caller may not read.</summary>
    public int UnreadableDirectories { get; private set; }

    /// <summary>Why other directories and files could not be read.</summary>
    public ConcurrentQueue<ProcfsException> Failures { get; } = new();

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
        foreach ((WalkedDirectory directory, DirectoryEntries.Entry entry) in new DirectoryWalk(Enter, ReportUnlisted).Enumerate(top, path, cancellationToken))
        {
            if (entry.IsRegular && Statx.GetAt(directory.Handle, entry.Name) is { Type: Statx.FileType.Regular, Blocks: > 0 } file && file.Device == mount.Device)
            {
                string name = GetPath(directory, entry.Name);
                yield return new TreeFile(file, name, swapped.Count(file, () => Check(DirectoryEntries.OpenFile(directory.Handle, entry.Name, out int errno), name, errno)));
            }
        }
    }

    // O_PATH calls no file system. What is there is opened only if it is the expected one, and not another that is mounted over it.
    private SafeFileHandle? Open()
    {
        string name = $"{root.GetPath(mount.ProcessId, "root")}{mount.Path}";
        using SafeFileHandle path = FileIO.OpenPath(name, out int errno);
        if (errno != 0)
        {
            return CheckDirectory(path, name, errno);
        }

        if (Statx.GetByHandle(path) is not { Type: Statx.FileType.Directory } top || top.Device != mount.Device)
        {
            return null;
        }

        return CheckDirectory(DirectoryEntries.OpenDirectory(path, "."u8, out errno), mount.Path, errno);
    }

    private SafeFileHandle? Enter(WalkedDirectory parent, byte[] name)
    {
        if (parent.Depth + 1 >= DirectoryWalk.MaxDepth)
        {
            Failures.Enqueue(FileErrors.TooDeep(GetPath(parent, name), DirectoryWalk.MaxDepth));
            return null;
        }

        return CheckDirectory(DirectoryEntries.OpenDirectory(parent.Handle, name, out int errno), GetPath(parent, name), errno);
    }

    private SafeFileHandle? CheckDirectory(SafeFileHandle directory, string path, int errno)
    {
        UnreadableDirectories += errno is Errno.EACCES or Errno.EPERM ? 1 : 0;
        return Check(directory, path, errno);
    }

    /// <summary>Returns the handle, or null after a failure. An entry that has vanished or is another one by now is no failure; EXDEV is another mount, which is read by itself.</summary>
    private SafeFileHandle? Check(SafeFileHandle handle, string path, int errno)
    {
        if (errno == 0)
        {
            return handle;
        }

        handle.Dispose();
        if (errno is not (Errno.EACCES or Errno.EPERM or Errno.EXDEV or Errno.ENOENT or Errno.ELOOP or Errno.ENOTDIR))
        {
            Failures.Enqueue(FileErrors.Unopened(path, errno));
        }

        return null;
    }

    private void ReportUnlisted(WalkedDirectory directory, int errno) => Failures.Enqueue(FileErrors.Unlisted($"{directory.Path}/", errno));

    private static string GetPath(WalkedDirectory directory, byte[] name) => $"{directory.Path}/{SeqFileText.Decode(name)}";
}
