using System.Runtime.InteropServices;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Processes;

/// <summary>The soft-dirty bits of a machine's processes (Documentation/admin-guide/mm/soft-dirty.rst).</summary>
public sealed class SoftDirty
{
    private const string OwnPagemap = "/proc/self/pagemap";

    private readonly ProcRoot _root;

    // PublicationOnly caches no failure: a probe that failed is repeated.
    private readonly Lazy<bool> _isSupported = new(() => Probe(OwnPagemap), LazyThreadSafetyMode.PublicationOnly);

    internal SoftDirty(ProcRoot root)
    {
        _root = root;
    }

    /// <summary>
    /// Whether this kernel has soft-dirty bits; null if the probe fails. A kernel without CONFIG_MEM_SOFT_DIRTY accepts the command to
    /// clear them and does nothing. The probe therefore writes a page of the caller's own and reads its entry.
    /// </summary>
    public bool? IsSupported
    {
        get
        {
            try
            {
                return _isSupported.Value;
            }
            catch (ProcfsException)
            {
                return null;
            }
        }
    }

    /// <summary>Returns the reason why the kernel has no usable soft-dirty bits; null if it has them.</summary>
    public ProcfsException? GetUnsupportedError()
    {
        try
        {
            return _isSupported.Value ? null : CreateUnsupported(KernelRelease.Read(_root));
        }
        catch (ProcfsException failure)
        {
            return failure;
        }
    }

    /// <summary>Reads the name of a process before its bits are cleared, as Get-Process shows it.</summary>
    /// <exception cref="ProcfsException">There is no such process, or proc hides it from the caller.</exception>
    public string GetTargetName(int processId) => ProcessNames.GetOrThrow(_root, processId, ClearRefs.FileName);

    /// <summary>Clears the soft-dirty bits of a process. From then on, the pages that the process writes are soft-dirty.</summary>
    /// <exception cref="ProcfsException">
    /// The kernel has no soft-dirty bits, there is no such process, it has no address space, the caller may not clear its bits, or the tree
    /// is no proc file system.
    /// </exception>
    public void Clear(int processId)
    {
        if (GetUnsupportedError() is { } error)
        {
            throw error;
        }

        ClearRefs.Write(_root, processId, ClearRefs.SoftDirty);
    }

    /// <summary>Writes a page of the caller and reads its soft-dirty bit.</summary>
    /// <exception cref="ProcfsException">The page cannot be mapped, or its entry cannot be read.</exception>
    internal static bool Probe(string pagemap)
    {
        nuint length = (nuint)PageGeometry.PageSize;
        nint page = MemoryMap.Map(length, MemoryMap.ProtectionRead | MemoryMap.ProtectionWrite, MemoryMap.MapPrivate | MemoryMap.MapAnonymous, null, 0);
        if (page == 0)
        {
            throw ProbeFailed(pagemap, $"mmap failed: {Marshal.GetLastPInvokeErrorMessage()}.");
        }

        try
        {
            Marshal.WriteByte(page, 1);
            return ReadEntry(page, pagemap).IsSoftDirty;
        }
        finally
        {
            MemoryMap.Unmap(page, length);
        }
    }

    private static PagemapEntry ReadEntry(nint page, string pagemap)
    {
        Span<ulong> entry = stackalloc ulong[1];
        int count;
        try
        {
            using PageIndexedFile file = PageIndexedFile.Open(pagemap);
            count = file.Read(PageGeometry.ToPageIndex((ulong)page), entry);
        }
        catch (ProcfsException unreadable)
        {
            throw ProbeFailed(pagemap, unreadable.Message, unreadable.ErrorNumber);
        }

        return count == 1 ? new PagemapEntry(entry[0]) : throw ProbeFailed(pagemap, $"'{pagemap}' has no entry for a page of the caller.");
    }

    private static ProcfsException CreateUnsupported(KernelRelease release) => new(
        ProcfsError.SoftDirtyNotSupported,
        $"This kernel ({release}) has no soft-dirty bits: it is built without CONFIG_MEM_SOFT_DIRTY. It accepts the command to clear them and does nothing.",
        OwnPagemap)
    {
        KernelRelease = release.Text,
    };

    private static ProcfsException ProbeFailed(string path, string reason, int errno = 0) =>
        new(ProcfsError.ReadFailed, $"The probe for soft-dirty bits failed: {reason}", path, errorNumber: errno);
}
