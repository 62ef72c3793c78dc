using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Searches single processes at the addresses of a plan only. Safe to use from several threads.</summary>
internal sealed class ProcessProbe(ProcfsContext procfs, ProcessSearch search, ProbePlan plan)
{
    // Measured: a call of pread costs as much as about 64 superfluous entries.
    private const ulong MaxGapPages = 64;
    private const int MaxPagesPerRead = 4096;

    /// <summary>Probes a process.</summary>
    /// <exception cref="ProcfsException">The process cannot be opened, or it exited.</exception>
    public ProcessHits Probe(int processId, CancellationToken cancellationToken)
    {
        if (plan.HasAddressesOnly && !HasAny(processId))
        {
            return ProcessHits.Skipped(processId);
        }

        List<Hit> hits = [];
        using ProcessAddressSpace process = procfs.OpenProcess(processId);
        foreach (MemoryMapping mapping in process.ReadMappings())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (mapping.HasPagemap)
            {
                Read(process.Pagemap, plan.GetAddresses(mapping), mapping, hits);
            }
        }

        return new ProcessHits(processId, hits, SearchExtent.Part);
    }

    /// <summary>Whether a process has a hit at an address of the plan. Its mappings are not needed: where there is none, entries read 0.</summary>
    private bool HasAny(int processId)
    {
        using PageIndexedFile? pagemap = PageIndexedFile.TryOpen(procfs.Root, procfs.Root.GetPath(processId, "pagemap"), out _, processId);
        List<Hit> hits = [];
        if (pagemap is not null)
        {
            Read(pagemap, plan.Addresses, null!, hits);
        }

        // A process whose leading thread has ended, and one that may not be read, are opened with all care.
        return pagemap is null || hits.Count > 0;
    }

    private void Read(PageIndexedFile pagemap, IReadOnlyList<ulong> addresses, MemoryMapping mapping, List<Hit> hits)
    {
        for (int first = 0; first < addresses.Count;)
        {
            int end = first + 1;
            while (end < addresses.Count && IsNear(addresses[end - 1], addresses[end]) && GetPages(addresses[first], addresses[end]) <= MaxPagesPerRead)
            {
                end++;
            }

            ulong[] entries = new ulong[GetPages(addresses[first], addresses[end - 1])];
            int read = pagemap.Read(PageGeometry.ToPageIndex(addresses[first]), entries);
            for (int i = first; i < end && GetPages(addresses[first], addresses[i]) <= read; i++)
            {
                search.Collect(mapping, addresses[i], [entries[GetPages(addresses[first], addresses[i]) - 1]], null, hits);
            }

            first = end;
        }
    }

    private static bool IsNear(ulong address, ulong next) => next - address <= MaxGapPages << PageGeometry.PageShift;

    /// <summary>The number of pages from one page to another, both included.</summary>
    private static int GetPages(ulong first, ulong last) => (int)Math.Min((last - first) >> PageGeometry.PageShift, int.MaxValue - 1) + 1;
}
