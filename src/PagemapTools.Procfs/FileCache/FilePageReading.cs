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
        IEnumerable<(string Path, FilePage Page)> pages =
            FileTreeReading.Read(procfs, query.Files, path, (file, token) => ReadPages(procfs, file, token), cancellationToken);
        foreach ((string file, List<FilePage> batch) in ToBatches(pages))
        {
            Fill(reader, batch);
            for (int row = 0; row < reader.Count; row++)
            {
                yield return new FilePageInfo(file, reader.GetValues(row));
            }
        }
    }

    private static IEnumerable<(string Path, FilePage Page)> ReadPages(ProcfsContext procfs, OpenedFile opened, CancellationToken cancellationToken)
    {
        using MappedFile file = MappedFile.FromHandle(opened.Handle);
        foreach (FilePage page in FilePages.Read(procfs, file, opened.Path, cancellationToken))
        {
            yield return (opened.Path, page);
        }
    }

    /// <summary>Collects the pages of one file as far as they fit into a batch. The list is valid until the next one.</summary>
    private static IEnumerable<(string Path, List<FilePage> Pages)> ToBatches(IEnumerable<(string Path, FilePage Page)> pages)
    {
        string file = string.Empty;
        List<FilePage> batch = [];
        foreach ((string path, FilePage page) in pages)
        {
            if (batch.Count > 0 && (batch.Count == PageBatch.Capacity || path != file))
            {
                yield return (file, batch);
                batch.Clear();
            }

            file = path;
            batch.Add(page);
        }

        if (batch.Count > 0)
        {
            yield return (file, batch);
        }
    }

    private static void Fill(FrameReader reader, List<FilePage> pages)
    {
        reader.Batch.Clear();
        foreach (FilePage page in pages)
        {
            reader.Batch.Add(page.Pfn, page.Offset);
        }

        reader.ReadBatch();
    }
}
