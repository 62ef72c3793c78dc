using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Groups;

/// <summary>How much of a file is in memory and in swap, in pages.</summary>
/// <param name="Backing">Where the kernel stores the pages that are not in memory.</param>
/// <param name="Cached">Pages in the page cache.</param>
/// <param name="Swapped">Pages of shared memory that are swapped out; null if the kernel does not say (before Linux 6.5).</param>
internal readonly record struct FileResidency(BackingStore Backing, long Cached, long? Swapped)
{
    /// <summary>Measures a file behind a link of proc.</summary>
    /// <returns>
    /// No pages if the file is no longer there; null if the caller may not examine it, if it is on a file system that may not answer, or if
    /// its process does not answer.
    /// </returns>
    public static FileResidency? TryMeasure(ProcfsContext procfs, FileLink link, TargetRunOptions options, CancellationToken cancellationToken)
    {
        try
        {
            return TargetRun.Read(procfs.Root, link.ProcessId, token => Measure(procfs, link, token), options, cancellationToken);
        }
        catch (ProcfsException failure) when (failure.Error == ProcfsError.TimedOut)
        {
            return null;
        }
    }

    private static FileResidency? Measure(ProcfsContext procfs, FileLink link, CancellationToken cancellationToken)
    {
        if (Statx.GetByLink(link.Path) is not { Type: Statx.FileType.Regular } identity)
        {
            return new FileResidency(BackingStore.Disk, 0, 0);
        }

        using MappedFile? file = MappedFile.Open(link.Path, link.ProcessId, behind => procfs.Devices.IsLocal(link.ProcessId, behind), out _);
        if (file is null)
        {
            return null;
        }

        if (file.Backing == BackingStore.HugePages)
        {
            return new FileResidency(file.Backing, 0, 0);
        }

        // A length of 0 stands for the rest of the file (mm/filemap.c, cachestat).
        return file.HasCachestat && Cachestat.Query(file.Handle, 0, 0) is var (cached, evicted)
            ? new FileResidency(file.Backing, (long)cached, file.Backing == BackingStore.Swap ? (long)evicted : 0)
            : PageCacheProbe.CountByMincore(file.Handle, (long)identity.Size, cancellationToken) is { } pages
                ? new FileResidency(file.Backing, pages, file.Backing == BackingStore.Swap ? null : 0)
                : null;
    }
}
