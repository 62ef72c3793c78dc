using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Walk;

/// <summary>The categories of PAGEMAP_SCAN (include/uapi/linux/fs.h, PAGE_IS_*).</summary>
[Flags]
internal enum PageCategories : ulong
{
    None = 0,
    WriteProtectAllowed = 1 << 0,
    Written = 1 << 1,
    File = 1 << 2,
    Present = 1 << 3,
    Swapped = 1 << 4,
    ZeroPage = 1 << 5,
    Huge = 1 << 6,
    SoftDirty = 1 << 7,
    Guard = 1 << 8,
}

/// <summary>
/// PAGEMAP_SCAN (Linux 6.7): the kernel finds the pages of a category itself, at a cost that grows with what is populated, not with
/// what is mapped. A kernel without it, or a recorded tree, answers ENOTTY; the caller then reads every entry.
/// </summary>
internal sealed class PagemapScan(PageIndexedFile pagemap)
{
    /// <summary>
    /// Finds runs of pages that have any of the categories wanted, from <paramref name="start"/> on.
    /// </summary>
    /// <param name="start">The first address, on a page boundary.</param>
    /// <param name="end">The address after the last.</param>
    /// <param name="anyOfMask">What a page has to be to count.</param>
    /// <param name="returnMask">Categories by which runs are split and which are reported; none joins all neighbours.</param>
    /// <param name="regions">Filled with the runs, in ascending order.</param>
    /// <param name="next">Where to go on; <paramref name="end"/> when all was looked at.</param>
    /// <returns>The number of runs; -1 if the kernel cannot do it here.</returns>
    public int Scan(ulong start, ulong end, PageCategories anyOfMask, PageCategories returnMask, Span<PageRegion> regions, out ulong next)
    {
        PagemapScanArgument argument = new()
        {
            Start = start,
            End = end,
            CategoryAnyOfMask = (ulong)anyOfMask,
            ReturnMask = (ulong)returnMask,
        };
        int errno = Errno.ENOTTY;
        int count = pagemap.Handle is { } handle ? PagemapScanIoctl.Scan(handle, ref argument, regions, out errno) : -1;

        // The kernel collects 512 regions at a time and may leave walk_end at the last time its buffer was full, behind regions that
        // it has reported since (fs/proc/task_mmu.c, do_pagemap_scan). Room left in the vector means that all was walked.
        next = count < regions.Length ? end : Math.Max(argument.WalkEnd, regions[^1].End);

        // ENOTTY: before 6.7; EINVAL: a category that the kernel lacks; EFAULT: above the task's size (in a compat task).
        if (count < 0 && errno is not (Errno.ENOTTY or Errno.EINVAL or Errno.EFAULT or Errno.ESRCH))
        {
            throw new ProcfsException(
                ProcfsError.ReadFailed, $"PAGEMAP_SCAN of '{pagemap.Path}' failed: {Errno.Describe(errno)}.", pagemap.Path, pagemap.ProcessId, errno);
        }

        return count;
    }
}
