using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// The address space of a process, opened for reading: its pagemap and its maps. The kernel ties both to the address space at the
/// time of opening, so that a process which executes another program under the reader reads as gone.
/// </summary>
public sealed class ProcessMemory : IDisposable
{
    private readonly ProcessIdentity _identity;
    private readonly ProcRoot _root;

    // The thread in whose directory the address space is read: the main one, whose id is the process's, unless it has ended.
    private readonly int _threadId;

    private ProcessMemory(ProcRoot root, ProcessIdentity identity, int threadId, PageEntryFile pagemap)
    {
        _root = root;
        _identity = identity;
        _threadId = threadId;
        Pagemap = pagemap;
    }

    /// <summary>The process's id.</summary>
    public int ProcessId => _identity.Id;

    /// <summary>The process's name, as Get-Process gives it.</summary>
    public string ProcessName => _identity.Name;

    /// <summary>Its pagemap, indexed by virtual page.</summary>
    public PageEntryFile Pagemap { get; }

    internal SwapTypes SwapTypes => _identity.SwapTypes;

    /// <summary>Opens a process.</summary>
    /// <param name="root">The proc tree.</param>
    /// <param name="processId">The process.</param>
    /// <param name="swapTypes">The machine's swap types, read once for many processes; null to read them now.</param>
    /// <param name="softDirty">The machine's soft-dirty bits, probed once for many processes; null to probe them anew.</param>
    /// <exception cref="ProcfsException">There is no such process, it has no address space, or the caller may not read it.</exception>
    public static ProcessMemory Open(ProcRoot root, int processId, SwapTypes? swapTypes = null, SoftDirty? softDirty = null)
    {
        string name = ProcessNames.Require(root, processId, "pagemap");
        int threadId = processId;
        PageEntryFile? pagemap = PageEntryFile.TryOpen(root.PathOf(processId, "pagemap"), out int errno, processId);
        if (!HasAddressSpace(pagemap) && SurvivingThread.Of(root, processId) is { } survivor)
        {
            pagemap?.Dispose();
            threadId = survivor;
            pagemap = PageEntryFile.TryOpen(root.PathOf(threadId, "pagemap"), out errno, processId);
        }

        return pagemap is null
            ? throw ProcessDiagnosis.Explain(root, processId, "pagemap", errno)
            : new ProcessMemory(
                root,
                new ProcessIdentity(processId, name, swapTypes ?? SwapTypes.Read(root), softDirty ?? new SoftDirty(root)),
                threadId,
                pagemap);
    }

    /// <summary>Streams the mappings, in ascending order of address.</summary>
    /// <exception cref="ProcfsException">The process has gone, has no address space, or may not be read.</exception>
    public IEnumerable<MemoryMapping> Mappings()
    {
        using SafeFileHandle maps = FileCalls.OpenForReading(PathOf("maps"), out int errno);
        if (maps.IsInvalid)
        {
            throw ProcessDiagnosis.Explain(_root, ProcessId, "maps", errno);
        }

        MemoryMapping? last = null;
        foreach (MemoryMapping mapping in new MapsReader(maps, _identity).Read())
        {
            last = mapping.HasPagemap ? mapping : last;
            yield return mapping;
        }

        // The end of maps looks the same whether the last mapping was read or the process has gone; pagemap knows.
        if (last is null)
        {
            throw ProcessDiagnosis.Explain(_root, ProcessId, "maps", Errno.ESRCH);
        }

        if (IsGone(last))
        {
            throw Gone();
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => Pagemap.Dispose();

    /// <summary>The path of a file in its directory of the proc tree.</summary>
    internal string PathOf(string file) => _root.PathOf(_threadId, file);

    /// <summary>The failure of a process whose address space was there and has gone, even if its zombie has not.</summary>
    internal ProcfsException Gone() => ProcessDiagnosis.Gone(_root, ProcessId);

    /// <summary>Any page below the end of the address space has an entry for as long as the address space lives.</summary>
    internal bool IsGone(MemoryMapping mapping) => !HasEntry(Pagemap, PageGeometry.PageOf(mapping.Start));

    // Without an address space pagemap does not open, or (in older kernels) opens and has no entry at all (fs/proc/base.c, proc_mem_open).
    private static bool HasAddressSpace(PageEntryFile? pagemap) => pagemap is not null && HasEntry(pagemap, 0);

    private static bool HasEntry(PageEntryFile pagemap, ulong index)
    {
        Span<ulong> entry = stackalloc ulong[1];
        return pagemap.Read(index, entry) == 1;
    }
}
