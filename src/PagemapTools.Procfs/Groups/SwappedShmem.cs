using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Groups;

/// <summary>A part of a file that a process maps.</summary>
/// <param name="File">The file.</param>
/// <param name="Link">A link of proc to the file.</param>
/// <param name="Offset">The first byte.</param>
/// <param name="End">The byte after the last one.</param>
internal readonly record struct FileSpan(FileKey File, FileLink Link, ulong Offset, ulong End);

/// <summary>Counts the swapped-out pages of the shared memory that a group maps. Their pagemap entries read 0 (pagemap.rst, "Exceptions for Shared Memory").</summary>
internal static class SwappedShmem
{
    private const int MaxLinks = 8;

    /// <summary>Counts each page once, however often it is mapped; null if the kernel does not say (before Linux 6.5), or the caller may not examine a file.</summary>
    public static long? Count(ProcfsContext procfs, IEnumerable<FileSpan> spans, TargetRunOptions options, CancellationToken cancellationToken)
    {
        long pages = 0;
        foreach (IGrouping<FileKey, FileSpan> file in spans.GroupBy(span => span.File))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryCount(procfs, file, options, cancellationToken) is not { } count)
            {
                return null;
            }

            pages += count;
        }

        return pages;
    }

    // The first process may have exited or unmapped the file.
    private static long? TryCount(ProcfsContext procfs, IGrouping<FileKey, FileSpan> file, TargetRunOptions options, CancellationToken cancellationToken)
    {
        FileSpan[] spans = [.. file.OrderBy(span => span.Offset)];
        foreach (FileLink link in spans.Select(span => span.Link).Take(MaxLinks))
        {
            try
            {
                if (TargetRun.Read(procfs.Root, link.ProcessId, _ => Count(procfs, link, spans), options, cancellationToken) is { } pages)
                {
                    return pages;
                }
            }
            catch (ProcfsException failure) when (failure.Error == ProcfsError.TimedOut)
            {
                // Another process may answer.
            }
        }

        return null;
    }

    private static long? Count(ProcfsContext procfs, FileLink link, FileSpan[] spans)
    {
        using MappedFile? file = MappedFile.Open(link.Path, link.ProcessId, behind => procfs.Devices.IsLocal(link.ProcessId, behind), out _);
        if (file is not { Backing: BackingStore.Swap, HasCachestat: true })
        {
            return null;
        }

        long pages = 0;
        ulong counted = 0;
        foreach (FileSpan span in spans)
        {
            ulong start = Math.Max(span.Offset, counted);
            if (start >= span.End)
            {
                continue;
            }

            if (Cachestat.Query(file.Handle, (long)start, (long)(span.End - start)) is not (_, ulong evicted))
            {
                return null;
            }

            pages += (long)evicted;
            counted = span.End;
        }

        return pages;
    }
}
