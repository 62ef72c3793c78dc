using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>The soft-dirty bits of a process (Documentation/admin-guide/mm/soft-dirty.rst).</summary>
public static class SoftDirty
{
    private static readonly Lazy<bool> s_isSupported = new(Probe);

    /// <summary>
    /// Whether this kernel keeps soft-dirty bits. Without CONFIG_MEM_SOFT_DIRTY it accepts the command to clear them and does
    /// nothing, so a page of one's own is written and looked at.
    /// </summary>
    public static bool IsSupported => s_isSupported.Value;

    /// <summary>Clears the soft-dirty bits of a process: from now on, what it writes reads soft-dirty.</summary>
    /// <exception cref="ProcfsException">The kernel keeps none, there is no such process, it has no address space, or the caller may not.</exception>
    public static void Clear(ProcRoot root, int processId)
    {
        if (!IsSupported)
        {
            throw NotSupported();
        }

        // Of a kernel thread or a zombie the kernel takes the command and does nothing (fs/proc/task_mmu.c, clear_refs_write).
        if (ProcessDiagnosis.WithoutAddressSpace(root, processId, "clear_refs", Errno.ESRCH) is { } failure)
        {
            throw failure;
        }

        using SafeFileHandle file = FileCalls.OpenForWriting(root.PathOf(processId, "clear_refs"), out int errno);
        errno = file.IsInvalid ? errno : FileCalls.Write(file, "4\n"u8);
        if (errno != 0)
        {
            throw ProcessDiagnosis.Explain(root, processId, "clear_refs", errno);
        }
    }

    internal static ProcfsException NotSupported() => new(
        ProcfsError.SoftDirtyNotSupported,
        $"This kernel ({KernelRelease.Current}) keeps no soft-dirty bits: it is built without CONFIG_MEM_SOFT_DIRTY, and would accept the command and do nothing.",
        "/proc/self/pagemap");

    private static bool Probe()
    {
        nuint length = (nuint)PageGeometry.PageSize;
        nint page = MemoryCalls.Map(length, MemoryCalls.ProtectionRead | MemoryCalls.ProtectionWrite, MemoryCalls.MapPrivate | MemoryCalls.MapAnonymous, null, 0);
        if (page == 0)
        {
            return false;
        }

        try
        {
            Marshal.WriteByte(page, 1);
            using PageEntryFile? pagemap = PageEntryFile.TryOpen("/proc/self/pagemap", out _);
            Span<ulong> entry = stackalloc ulong[1];
            return pagemap?.Read(PageGeometry.PageOf((ulong)page), entry) == 1 && new PagemapEntry(entry[0]).IsSoftDirty;
        }
        finally
        {
            MemoryCalls.Unmap(page, length);
        }
    }
}
