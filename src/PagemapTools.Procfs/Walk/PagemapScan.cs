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
/// Finds pages by category with PAGEMAP_SCAN (Linux 6.7, fs/proc/task_mmu.c). The cost depends on the number of populated pages, not on
/// the size of the mapping. Without the ioctl (older kernels, copies of a proc tree) the caller reads every entry instead.
/// </summary>
internal sealed class PagemapScan(PageIndexedFile pagemap)
{
    /// <summary>Finds runs of pages with any of the given categories.</summary>
    /// <param name="start">The first address, on a page boundary.</param>
    /// <param name="end">The address after the last one.</param>
    /// <param name="anyOfMask">The categories, of which a page has at least one.</param>
    /// <param name="returnMask">The categories that are reported; pages that differ in them are in different runs. With none, all neighbours are in one run.</param>
    /// <param name="regions">Receives the runs, in ascending order.</param>
    /// <param name="next">The address at which the next call continues; <paramref name="end"/> if the range is complete.</param>
    /// <returns>The number of runs; -1 if the kernel cannot scan this range.</returns>
    /// <exception cref="ProcfsException">The ioctl failed for another reason.</exception>
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

        // The kernel collects 512 regions at a time. It may leave walk_end where that buffer was last full, before the end of regions that it
        // reported later (fs/proc/task_mmu.c, do_pagemap_scan). If the vector is not full, the whole range was walked.
        next = count < regions.Length ? end : Math.Max(argument.WalkEnd, regions[^1].End);

        // ENOTTY: before 6.7. EINVAL: the kernel lacks a category. EFAULT: above the address space (32-bit process). ESRCH: the process exited.
        if (count < 0 && errno is not (Errno.ENOTTY or Errno.EINVAL or Errno.EFAULT or Errno.ESRCH))
        {
            throw new ProcfsException(
                ProcfsError.ReadFailed, $"PAGEMAP_SCAN of '{pagemap.Path}' failed: {Errno.Describe(errno)}.", pagemap.Path, pagemap.ProcessId, errno);
        }

        return count;
    }
}
