using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Searches single processes at the addresses of a plan only. Safe to use from several threads.</summary>
internal sealed class ProcessProbe(ProcfsContext procfs, SearchedFrames searched, ProbePlan plan)
{
    // Measured: a call of pread costs as much as about 64 superfluous entries.
    private const ulong MaxGapPages = 64;
    private const int MaxPagesPerRead = 4096;

    /// <summary>Probes a process.</summary>
    /// <exception cref="ProcfsException">The process cannot be opened, or it exited.</exception>
    public ProcessHits Probe(int processId, CancellationToken cancellationToken)
    {
        if (plan.HasAddressesOnly && !MayHaveHits(processId))
        {
            return ProcessHits.Skipped(processId);
        }

        List<Hit> hits = [];
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        foreach (MemoryMapping mapping in process.ReadMappings().Where(mapping => mapping.HasPagemap))
        {
            cancellationToken.ThrowIfCancellationRequested();
            hits.AddRange(ReadHits(process.Pagemap, plan.GetAddresses(mapping)).Select(page => new Hit(mapping, page.Address, page.Entry)));
        }

        return new ProcessHits(processId, hits, SearchExtent.Part);
    }

    /// <summary>
    /// Whether a process may have a hit at an address of the plan. Its mappings are not needed: where there is none, entries read 0. A
    /// process whose pagemap cannot be opened is opened with all care.
    /// </summary>
    private bool MayHaveHits(int processId)
    {
        using PageIndexedFile? pagemap = PageIndexedFile.TryOpen(procfs.Root, procfs.Root.GetPath(processId, "pagemap"), out _, processId);
        return pagemap is null || ReadHits(pagemap, plan.Addresses).Any();
    }

    /// <summary>Reads entries at addresses in ascending order, and returns those that refer to a frame. Neighbours are read with one call.</summary>
    private IEnumerable<(ulong Address, ulong Entry)> ReadHits(PageIndexedFile pagemap, IReadOnlyList<ulong> addresses)
    {
        for (int first = 0, end; first < addresses.Count; first = end)
        {
            end = first + 1;
            while (end < addresses.Count && addresses[end] - addresses[end - 1] <= MaxGapPages << PageGeometry.PageShift && GetDistance(addresses, first, end) < MaxPagesPerRead)
            {
                end++;
            }

            ulong[] entries = new ulong[GetDistance(addresses, first, end - 1) + 1];
            int read = pagemap.Read(PageGeometry.ToPageIndex(addresses[first]), entries);
            for (int i = first; i < end && GetDistance(addresses, first, i) < read; i++)
            {
                ulong entry = entries[GetDistance(addresses, first, i)];
                if (searched.IndexOf(entry) >= 0)
                {
                    yield return (addresses[i], entry);
                }
            }
        }
    }

    /// <summary>The number of pages from one address to another that is near.</summary>
    private static int GetDistance(IReadOnlyList<ulong> addresses, int first, int last) => (int)((addresses[last] - addresses[first]) >> PageGeometry.PageShift);
}
