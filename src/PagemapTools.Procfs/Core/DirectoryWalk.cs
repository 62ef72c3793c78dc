using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>A directory of a walk. Its handle is open until the walk leaves it.</summary>
internal sealed record WalkedDirectory(SafeFileHandle Handle, string Path, int Depth);

/// <summary>Enumerates the entries of a tree that are no directories, depth first, with one directory of each level open at a time.</summary>
/// <param name="enter">Opens a directory below another one, by its name; null if the walk does not enter it.</param>
internal sealed class DirectoryWalk(Func<WalkedDirectory, byte[], SafeFileHandle?> enter)
{
    /// <summary>The depth to which a walk enters directories. A deeper tree would need more descriptors than a program has.</summary>
    public const int MaxDepth = 512;

    private sealed record Level(WalkedDirectory Directory, IEnumerator<DirectoryEntries.Entry> Entries) : IDisposable
    {
        public Level(SafeFileHandle handle, string path, int depth)
            : this(new WalkedDirectory(handle, path, depth), DirectoryEntries.Enumerate(handle).GetEnumerator())
        {
        }

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
        Stack<Level> levels = new([new Level(top, path, 0)]);
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
                if (!IsDirectory(level.Directory, entry))
                {
                    yield return (level.Directory, entry);
                }
                else if (enter(level.Directory, entry.Name) is { } below)
                {
                    levels.Push(new Level(below, $"{level.Directory.Path}/{SeqFileText.Decode(entry.Name)}", level.Directory.Depth + 1));
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

    private static bool IsDirectory(WalkedDirectory directory, DirectoryEntries.Entry entry) =>
        entry.IsDirectory || (entry.IsUnknown && Statx.GetAt(directory.Handle, entry.Name) is { Type: Statx.FileType.Directory });
}
