using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.FileCache;

/// <summary>An open regular file. The handle is valid until the next file is read.</summary>
internal readonly record struct OpenedFile(SafeFileHandle Handle, string Path, Statx.FileIdentity Details);

/// <summary>A step through the files of a path: an open file, the failure of one, or a mount that was not entered.</summary>
internal readonly record struct TreeStep(OpenedFile? File, ProcfsException? Failure = null, string? SkippedMount = null);

/// <summary>
/// Opens the regular files of a path: the file itself, or those of a directory or a tree. Other users make such trees: no link below the path
/// is followed, nothing is opened but directories and regular files, one directory of each level is open at a time, and no mount is entered
/// whose file system may have a server that does not answer.
/// </summary>
internal sealed class FileTree(ProcfsContext procfs, FileTreeQuery query)
{
    // What happens between two files.
    private readonly List<TreeStep> _reports = [];

    /// <summary>Opens one file after the other. A handle is valid until the next step.</summary>
    public IEnumerable<TreeStep> Open(string path, CancellationToken cancellationToken)
    {
        // O_PATH calls no driver: what is no file is not opened.
        using SafeFileHandle unopened = FileIO.OpenPath(path, out int errno);
        Statx.FileIdentity? details = errno == 0 ? Statx.GetByHandle(unopened) : null;
        if (details?.Type == Statx.FileType.Directory && OpenDirectory(unopened, path) is { } directory)
        {
            string name = path == "/" ? string.Empty : path.TrimEnd('/');
            foreach (TreeStep step in Walk(directory, name, cancellationToken))
            {
                yield return step;
            }
        }
        else if (details?.Type == Statx.FileType.Regular && OpenFile(unopened, path) is { } handle)
        {
            using (handle)
            {
                yield return new TreeStep(new OpenedFile(handle, path, details.Value));
            }
        }
        else if (details?.Type is not (Statx.FileType.Directory or Statx.FileType.Regular))
        {
            Report(errno != 0 ? FileErrors.Unopened(path, errno) : FileErrors.NotRegular(path));
        }

        foreach (TreeStep report in TakeReports())
        {
            yield return report;
        }
    }

    private SafeFileHandle? OpenDirectory(SafeFileHandle unopened, string path) => Check(DirectoryEntries.OpenDirectory(unopened, "."u8, out int errno), path, errno);

    private SafeFileHandle? OpenFile(SafeFileHandle unopened, string path) => Check(FileIO.Reopen(unopened, out int errno), path, errno);

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

    private IEnumerable<TreeStep> Walk(SafeFileHandle top, string path, CancellationToken cancellationToken)
    {
        foreach ((WalkedDirectory directory, DirectoryEntries.Entry entry) in new DirectoryWalk(Enter, ReportUnlisted).Enumerate(top, path, cancellationToken))
        {
            foreach (TreeStep report in TakeReports())
            {
                yield return report;
            }

            if ((entry.IsRegular || entry.IsUnknown) && Statx.GetAt(directory.Handle, entry.Name) is { Type: Statx.FileType.Regular } details
                && SeqFileText.Decode(entry.Name) is var name && query.NameFilter?.Invoke(name) != false)
            {
                using SafeFileHandle? file = Open(directory, entry.Name, isDirectory: false);
                if (file is not null)
                {
                    yield return new TreeStep(new OpenedFile(file, $"{directory.Path}/{name}", details));
                }
            }
        }
    }

    private SafeFileHandle? Enter(WalkedDirectory parent, byte[] entry)
    {
        if (query.Recurse && parent.Depth + 1 >= DirectoryWalk.MaxDepth)
        {
            Report(FileErrors.TooDeep($"{parent.Path}/{SeqFileText.Decode(entry)}", DirectoryWalk.MaxDepth));
            return null;
        }

        return query.Recurse ? Open(parent, entry, isDirectory: true) : null;
    }

    /// <summary>Opens an entry; null if it cannot be opened, has vanished, or is a mount that is not entered.</summary>
    private SafeFileHandle? Open(WalkedDirectory parent, byte[] entry, bool isDirectory)
    {
        string path = $"{parent.Path}/{SeqFileText.Decode(entry)}";
        SafeFileHandle handle = OpenEntry(parent.Handle, entry, isDirectory, entersMounts: false, out int errno);
        if (errno == Errno.EXDEV)
        {
            if (Statx.GetAt(parent.Handle, entry) is not { } details || !procfs.Devices.IsLocal(Environment.ProcessId, details))
            {
                handle.Dispose();
                _reports.Add(new TreeStep(File: null, SkippedMount: path));
                return null;
            }

            handle = OpenEntry(parent.Handle, entry, isDirectory, entersMounts: true, out errno);
        }

        if (errno is Errno.ENOENT or Errno.ELOOP or Errno.ENOTDIR)
        {
            // The entry has vanished, or is another one now.
            handle.Dispose();
            return null;
        }

        return Check(handle, path, errno);
    }

    private static SafeFileHandle OpenEntry(SafeFileHandle directory, byte[] entry, bool isDirectory, bool entersMounts, out int errno) =>
        isDirectory ? DirectoryEntries.OpenDirectory(directory, entry, out errno, entersMounts) : DirectoryEntries.OpenFile(directory, entry, out errno, entersMounts);

    private void ReportUnlisted(WalkedDirectory directory, int errno) => Report(FileErrors.Unlisted($"{directory.Path}/", errno));

    private void Report(ProcfsException failure) => _reports.Add(new TreeStep(File: null, failure));

    private TreeStep[] TakeReports()
    {
        TreeStep[] reports = [.. _reports];
        _reports.Clear();
        return reports;
    }
}
