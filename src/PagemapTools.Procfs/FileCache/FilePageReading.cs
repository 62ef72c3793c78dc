using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.FileCache;

/// <summary>Selects the pages of files, and the properties to read of each.</summary>
public sealed record FilePageQuery : FrameQuery
{
    /// <summary>The files of a directory.</summary>
    public FileTreeQuery Files { get; init; } = new();
}

/// <summary>Reads the pages of files.</summary>
public static class FilePageReading
{
    /// <summary>
    /// Reads the pages of a file that are in the page cache, or those of the files of a directory: offset, page frame, and properties of the
    /// frame. No page is read from the disk or marked as accessed. Reading begins with the enumeration.
    /// </summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="path">The path. A symbolic link is followed.</param>
    /// <param name="query">The pages that pass, and the properties to read of each; null for every page and no property.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">
    /// The kernel hides page frame numbers, or a file of page frames may not be read; or, without
    /// <see cref="FileTreeQuery.OnFailure"/>, the path or one of its files cannot be read.
    /// </exception>
    public static IEnumerable<FilePageInfo> ReadFilePageMap(
        this ProcfsContext procfs, string path, FilePageQuery? query = null, CancellationToken cancellationToken = default)
    {
        HiddenFrames.ThrowIfHidden(procfs);
        query ??= new FilePageQuery();
        using FrameReader reader = new(procfs.Frames, query, () => procfs.Cgroups, () => procfs.Nodes);
        foreach (OpenedFile opened in new FileTree(procfs, query.Files).Open(path, cancellationToken))
        {
            using MappedFile file = MappedFile.FromHandle(opened.Handle);
            using IEnumerator<FilePage[]> chunks = FilePages.Read(procfs, file, opened.Path, cancellationToken).Chunk(PageBatch.Capacity).GetEnumerator();
            while (TryMoveNext(chunks, query.Files.OnFailure))
            {
                Fill(reader, chunks.Current);
                for (int row = 0; row < reader.Count; row++)
                {
                    yield return new FilePageInfo(opened.Path, reader.GetValues(row));
                }
            }
        }
    }

    private static void Fill(FrameReader reader, FilePage[] pages)
    {
        reader.Batch.Clear();
        foreach (FilePage page in pages)
        {
            reader.Batch.Add(page.Pfn, page.Offset);
        }

        reader.ReadBatch();
    }

    private static bool TryMoveNext(IEnumerator<FilePage[]> chunks, Action<ProcfsException>? onFailure)
    {
        try
        {
            return chunks.MoveNext();
        }
        catch (ProcfsException failure) when (onFailure is not null)
        {
            onFailure(failure);
            return false;
        }
    }
}
