using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The address space of a process, opened for reading: its pagemap and its maps. The kernel ties both to the address space at the
/// time of opening, so that a process which executes another program under the reader reads as gone.
/// </summary>
public sealed class ProcessAddressSpace : IDisposable
{
    private readonly ProcessContext _context;
    private readonly ProcRoot _root;

    // The thread in whose directory the address space is read: the main one, whose id is the process's, unless it has ended.
    private readonly int _threadId;

    private ProcessAddressSpace(ProcRoot root, ProcessContext identity, int threadId, PageIndexedFile pagemap)
    {
        _root = root;
        _context = identity;
        _threadId = threadId;
        Pagemap = pagemap;
    }

    /// <summary>The process's id.</summary>
    public int ProcessId => _context.Id;

    /// <summary>The process's name, as Get-Process gives it.</summary>
    public string ProcessName => _context.Name;

    /// <summary>Its pagemap, indexed by virtual page.</summary>
    public PageIndexedFile Pagemap { get; }

    internal SwapTypes SwapTypes => _context.SwapTypes;

    /// <summary>Opens a process.</summary>
    /// <param name="root">The proc tree.</param>
    /// <param name="processId">The process.</param>
    /// <param name="swapTypes">The machine's swap types, read once for many processes; null to read them now.</param>
    /// <param name="softDirty">The machine's soft-dirty bits, probed once for many processes; null to probe them anew.</param>
    /// <exception cref="ProcfsException">There is no such process, it has no address space, or the caller may not read it.</exception>
    public static ProcessAddressSpace Open(ProcRoot root, int processId, SwapTypes? swapTypes = null, SoftDirty? softDirty = null)
    {
        string name = ProcessNames.GetOrThrow(root, processId, "pagemap");
        int threadId = processId;
        PageIndexedFile? pagemap = PageIndexedFile.TryOpen(root.GetPath(processId, "pagemap"), out int errno, processId);
        if (!HasAddressSpace(pagemap) && ThreadGroup.FindLiveThread(root, processId) is { } survivor)
        {
            pagemap?.Dispose();
            threadId = survivor;
            pagemap = PageIndexedFile.TryOpen(root.GetPath(threadId, "pagemap"), out errno, processId);
        }

        return pagemap is null
            ? throw ProcessErrors.FromErrno(root, processId, "pagemap", errno)
            : new ProcessAddressSpace(
                root,
                new ProcessContext(processId, name, swapTypes ?? SwapTypes.Read(root), softDirty ?? new SoftDirty(root)),
                threadId,
                pagemap);
    }

    /// <summary>Streams the mappings, in ascending order of address.</summary>
    /// <exception cref="ProcfsException">The process has gone, has no address space, or may not be read.</exception>
    public IEnumerable<MemoryMapping> ReadMappings()
    {
        using SafeFileHandle maps = FileIO.OpenForReading(GetPath("maps"), out int errno);
        if (maps.IsInvalid)
        {
            throw ProcessErrors.FromErrno(_root, ProcessId, "maps", errno);
        }

        MemoryMapping? last = null;
        foreach (MemoryMapping mapping in new MapsReader(maps, _context).Read())
        {
            last = mapping.HasPagemap ? mapping : last;
            yield return mapping;
        }

        // The end of maps looks the same whether the last mapping was read or the process has gone; pagemap knows.
        if (last is null)
        {
            throw ProcessErrors.FromErrno(_root, ProcessId, "maps", Errno.ESRCH);
        }

        if (HasExited(last))
        {
            throw CreateExitedException();
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Pagemap.Dispose();

    /// <summary>The path of a file in its directory of the proc tree.</summary>
    internal string GetPath(string file) => _root.GetPath(_threadId, file);

    /// <summary>The failure of a process whose address space was there and has gone, even if its zombie has not.</summary>
    internal ProcfsException CreateExitedException() => ProcessErrors.Exited(_root, ProcessId);

    /// <summary>Any page below the end of the address space has an entry for as long as the address space lives.</summary>
    internal bool HasExited(MemoryMapping mapping) => !HasEntry(Pagemap, PageGeometry.ToPageIndex(mapping.Start));

    // Without an address space pagemap does not open, or (in older kernels) opens and has no entry at all (fs/proc/base.c, proc_mem_open).
    private static bool HasAddressSpace(PageIndexedFile? pagemap) => pagemap is not null && HasEntry(pagemap, 0);

    private static bool HasEntry(PageIndexedFile pagemap, ulong index)
    {
        Span<ulong> entry = stackalloc ulong[1];
        return pagemap.Read(index, entry) == 1;
    }
}
