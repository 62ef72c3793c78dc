using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>The soft-dirty bits of a process (Documentation/admin-guide/mm/soft-dirty.rst).</summary>
public static class SoftDirty
{
    private const string OwnPagemap = "/proc/self/pagemap";

    // Without caching of failures: a probe that could not be made is made again.
    private static readonly Lazy<bool> s_isKept = new(() => Probe(OwnPagemap), LazyThreadSafetyMode.PublicationOnly);

    /// <summary>
    /// Whether this kernel keeps soft-dirty bits; null if that cannot be told. Without CONFIG_MEM_SOFT_DIRTY it accepts the command to
    /// clear them and does nothing, so a page of one's own is written and looked at.
    /// </summary>
    public static bool? IsSupported
    {
        get
        {
            try
            {
                return s_isKept.Value;
            }
            catch (ProcfsException)
            {
                return null;
            }
        }
    }

    /// <summary>Clears the soft-dirty bits of a process: from now on, what it writes reads soft-dirty.</summary>
    /// <exception cref="ProcfsException">The kernel keeps none, there is no such process, it has no address space, or the caller may not.</exception>
    public static void Clear(ProcRoot root, int processId)
    {
        if (Obstacle() is { } obstacle)
        {
            throw obstacle;
        }

        int threadId = SurvivingThread.Of(root, processId) ?? processId;

        // Of a kernel thread or a zombie the kernel takes the command and does nothing (fs/proc/task_mmu.c, clear_refs_write).
        if (threadId == processId && ProcessDiagnosis.WithoutAddressSpace(root, processId, "clear_refs", Errno.ESRCH) is { } failure)
        {
            throw failure;
        }

        using SafeFileHandle file = FileCalls.OpenForWriting(root.PathOf(threadId, "clear_refs"), out int errno);
        errno = file.IsInvalid ? errno : FileCalls.Write(file, "4\n"u8);
        if (errno != 0)
        {
            throw ProcessDiagnosis.Explain(root, processId, "clear_refs", errno);
        }
    }

    /// <summary>Why soft-dirty bits cannot be asked for here; null if they can.</summary>
    internal static ProcfsException? Obstacle()
    {
        try
        {
            return s_isKept.Value ? null : new ProcfsException(
                ProcfsError.SoftDirtyNotSupported,
                $"This kernel ({KernelRelease.Current}) keeps no soft-dirty bits: it is built without CONFIG_MEM_SOFT_DIRTY, and would accept the command and do nothing.",
                OwnPagemap);
        }
        catch (ProcfsException untried)
        {
            return untried;
        }
    }

    /// <exception cref="ProcfsException">It cannot be tried.</exception>
    internal static bool Probe(string pagemap)
    {
        nuint length = (nuint)PageGeometry.PageSize;
        nint page = MemoryCalls.Map(length, MemoryCalls.ProtectionRead | MemoryCalls.ProtectionWrite, MemoryCalls.MapPrivate | MemoryCalls.MapAnonymous, null, 0);
        if (page == 0)
        {
            throw Untried(pagemap, $"mmap answers {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        try
        {
            Marshal.WriteByte(page, 1);
            return EntryOf(page, pagemap).IsSoftDirty;
        }
        finally
        {
            MemoryCalls.Unmap(page, length);
        }
    }

    private static PagemapEntry EntryOf(nint page, string pagemap)
    {
        Span<ulong> entry = stackalloc ulong[1];
        try
        {
            using PageEntryFile file = PageEntryFile.Open(pagemap);
            return file.Read(PageGeometry.PageOf((ulong)page), entry) == 1
                ? new PagemapEntry(entry[0])
                : throw Untried(pagemap, $"'{pagemap}' has no entry of a page of the caller's own.");
        }
        catch (ProcfsException unreadable) when (unreadable.ErrorNumber != 0)
        {
            throw Untried(pagemap, unreadable.Message, unreadable.ErrorNumber);
        }
    }

    private static ProcfsException Untried(string path, string reason, int errno = 0) =>
        new(ProcfsError.ReadFailed, $"Whether this kernel keeps soft-dirty bits cannot be told: {reason}", path, errorNumber: errno);
}
