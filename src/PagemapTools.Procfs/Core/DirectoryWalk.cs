using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>A directory of a walk. Its handle is open until the walk leaves it.</summary>
internal sealed record WalkedDirectory(SafeFileHandle Handle, string Path, int Depth);

/// <summary>Enumerates the entries of a tree, except directories that it enters, depth first, with one directory of each level open at a time.</summary>
/// <param name="enter">Opens a directory below another one, by its name; null if the walk does not enter it.</param>
/// <param name="onUnlisted">Called with a directory whose entries could not be read to the end, and the error number.</param>
internal sealed class DirectoryWalk(Func<WalkedDirectory, byte[], SafeFileHandle?> enter, Action<WalkedDirectory, int> onUnlisted)
{
    /// <summary>The depth to which a walk enters directories. A deeper tree would need more descriptors than a program has.</summary>
    public const int MaxDepth = 512;

    private sealed record Level(WalkedDirectory Directory, IEnumerator<DirectoryEntries.Entry> Entries) : IDisposable
    {
        public void Dispose()
        {
            Entries.Dispose();
            Directory.Handle.Dispose();
        }
    }

    /// <summary>Enumerates the entries below an open directory, and disposes its handle. An entry whose type is not known may be a directory that has vanished.</summary>
    /// <param name="top">The directory.</param>
    /// <param name="path">Its path, without a slash at the end.</param>
    /// <param name="cancellationToken">Ends the walk.</param>
    public IEnumerable<(WalkedDirectory Directory, DirectoryEntries.Entry Entry)> Enumerate(SafeFileHandle top, string path, CancellationToken cancellationToken)
    {
        Stack<Level> levels = new([CreateLevel(top, path, 0)]);
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
                if (IsDirectory(level.Directory, entry) && enter(level.Directory, entry.Name) is { } below)
                {
                    levels.Push(CreateLevel(below, $"{level.Directory.Path}/{SeqFileText.Decode(entry.Name)}", level.Directory.Depth + 1));
                }
                else
                {
                    yield return (level.Directory, entry);
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

    // A directory that was removed meanwhile has no entries (fs/readdir.c, iterate_dir).
    private Level CreateLevel(SafeFileHandle handle, string path, int depth)
    {
        WalkedDirectory directory = new(handle, path, depth);
        return new Level(directory, DirectoryEntries.Enumerate(handle, ReportUnlisted).GetEnumerator());

        void ReportUnlisted(int errno)
        {
            if (errno != Errno.ENOENT)
            {
                onUnlisted(directory, errno);
            }
        }
    }

    private static bool IsDirectory(WalkedDirectory directory, DirectoryEntries.Entry entry) =>
        entry.IsDirectory || (entry.IsUnknown && Statx.GetAt(directory.Handle, entry.Name) is { Type: Statx.FileType.Directory });
}
