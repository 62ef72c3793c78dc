using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.FileCache;

/// <summary>An open regular file. The handle is valid until the next file is read.</summary>
internal readonly record struct OpenedFile(SafeFileHandle Handle, string Path, Statx.FileIdentity Details);

/// <summary>
/// Opens the regular files of a path: the file itself, or those of a directory or a tree. Other users make such trees: no link below the path
/// is followed, nothing is opened but directories and regular files, one directory of each level is open at a time, and no mount is entered
/// whose file system may have a server that does not answer.
/// </summary>
internal sealed class FileTree(ProcfsContext procfs, FileTreeQuery query)
{
    // A deeper tree would need more descriptors than a program has.
    private const int MaxDepth = 512;

    private sealed record Level(SafeFileHandle Directory, string Path, IEnumerator<DirectoryEntries.Entry> Entries) : IDisposable
    {
        public void Dispose()
        {
            Entries.Dispose();
            Directory.Dispose();
        }
    }

    /// <summary>Opens one file after the other.</summary>
    /// <exception cref="ProcfsException">A file cannot be opened, and the query has nobody to report it to.</exception>
    public IEnumerable<OpenedFile> Open(string path, CancellationToken cancellationToken)
    {
        // O_PATH calls no driver: what is no file is not opened.
        using SafeFileHandle unopened = FileIO.OpenPath(path, out int errno);
        Statx.FileIdentity? details = errno == 0 ? Statx.GetByHandle(unopened) : null;
        if (details?.Type == Statx.FileType.Directory && OpenDirectory(unopened, path) is { } directory)
        {
            string name = path == "/" ? string.Empty : path.TrimEnd('/');
            foreach (OpenedFile file in Walk(new Level(directory, name, DirectoryEntries.Enumerate(directory).GetEnumerator()), cancellationToken))
            {
                yield return file;
            }
        }
        else if (details?.Type == Statx.FileType.Regular && OpenFile(unopened, path) is { } handle)
        {
            using (handle)
            {
                yield return new OpenedFile(handle, path, details.Value);
            }
        }
        else if (details?.Type is not (Statx.FileType.Directory or Statx.FileType.Regular))
        {
            Report(errno != 0 ? FileErrors.Unopened(path, errno) : FileErrors.NotRegular(path));
        }
    }

    private SafeFileHandle? OpenDirectory(SafeFileHandle unopened, string path) => Check(DirectoryEntries.OpenDirectory(unopened, "."u8, out int errno), path, errno);

    // The link opens the very file that was checked.
    private SafeFileHandle? OpenFile(SafeFileHandle unopened, string path) =>
        Check(FileIO.OpenForReadingNonBlocking($"/proc/self/fd/{unopened.DangerousGetHandle()}", out int errno), path, errno);

    private SafeFileHandle? Check(SafeFileHandle handle, string path, int errno)
    {
        if (errno == 0)
        {
            return handle;
        }

        handle.Dispose();
        Report(FileErrors.Unopened(path, errno));
        return null;
    }

    private IEnumerable<OpenedFile> Walk(Level top, CancellationToken cancellationToken)
    {
        Stack<Level> levels = new([top]);
        try
        {
            while (levels.TryPeek(out Level? level))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (!level.Entries.MoveNext())
                {
                    levels.Pop().Dispose();
                    continue;
                }

                DirectoryEntries.Entry entry = level.Entries.Current;
                Statx.FileIdentity? details = entry.IsRegular || entry.IsUnknown ? Statx.GetAt(level.Directory, entry.Name) : null;
                if (entry.IsDirectory || details is { Type: Statx.FileType.Directory })
                {
                    if (query.Recurse && Enter(level, entry.Name, levels.Count) is { } below)
                    {
                        levels.Push(below);
                    }
                }
                else if (details is { Type: Statx.FileType.Regular } && SeqFileText.Decode(entry.Name) is var name && query.NameFilter?.Invoke(name) != false)
                {
                    using SafeFileHandle? file = Open(level, entry.Name, name, isDirectory: false);
                    if (file is not null)
                    {
                        yield return new OpenedFile(file, $"{level.Path}/{name}", details.Value);
                    }
                }
            }
        }
        finally
        {
            while (levels.TryPop(out Level? level))
            {
                level.Dispose();
            }
        }
    }

    private Level? Enter(Level parent, byte[] entry, int depth)
    {
        string name = SeqFileText.Decode(entry);
        string path = $"{parent.Path}/{name}";
        if (depth >= MaxDepth)
        {
            Report(FileErrors.TooDeep(path, MaxDepth));
            return null;
        }

        SafeFileHandle? directory = Open(parent, entry, name, isDirectory: true);
        return directory is null ? null : new Level(directory, path, DirectoryEntries.Enumerate(directory).GetEnumerator());
    }

    /// <summary>Opens an entry; null if it cannot be opened, has vanished, or is a mount that is not entered.</summary>
    private SafeFileHandle? Open(Level parent, byte[] entry, string name, bool isDirectory)
    {
        SafeFileHandle handle = OpenEntry(parent.Directory, entry, isDirectory, entersMounts: false, out int errno);
        if (errno == Errno.EXDEV)
        {
            if (Statx.GetAt(parent.Directory, entry) is not { } details || !procfs.Devices.IsLocal(Environment.ProcessId, details))
            {
                handle.Dispose();
                query.OnSkippedMount?.Invoke($"{parent.Path}/{name}");
                return null;
            }

            handle = OpenEntry(parent.Directory, entry, isDirectory, entersMounts: true, out errno);
        }

        if (errno is Errno.ENOENT or Errno.ELOOP or Errno.ENOTDIR)
        {
            // The entry has vanished, or is another one now.
            handle.Dispose();
            return null;
        }

        return Check(handle, $"{parent.Path}/{name}", errno);
    }

    private static SafeFileHandle OpenEntry(SafeFileHandle directory, byte[] entry, bool isDirectory, bool entersMounts, out int errno) =>
        isDirectory ? DirectoryEntries.OpenDirectory(directory, entry, out errno, entersMounts) : DirectoryEntries.OpenFile(directory, entry, out errno, entersMounts);

    private void Report(ProcfsException failure)
    {
        if (query.OnFailure is null)
        {
            throw failure;
        }

        query.OnFailure(failure);
    }
}
