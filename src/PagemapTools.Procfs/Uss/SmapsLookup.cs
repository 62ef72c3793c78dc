using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>Reads /proc/PID/smaps once, when the first figure is needed, because the kernel walks the whole process for it.</summary>
internal sealed class SmapsLookup(ProcessAddressSpace process)
{
    private Dictionary<ulong, SmapsFigures>? _figures;

    /// <summary>Gets the bytes in swap, of private and of shared memory; null if smaps cannot be read or no longer has the mapping.</summary>
    public long? GetSwap(MemoryMapping mapping) => GetFigure(mapping, SmapsField.Swap);

    /// <summary>Gets the bytes in hugetlb pages that no other process maps; null if smaps cannot be read or no longer has the mapping.</summary>
    public long? GetPrivateHugetlb(MemoryMapping mapping) => GetFigure(mapping, SmapsField.PrivateHugetlb);

    /// <summary>Whether the mapping has hugetlb pages; false if smaps cannot be read or no longer has the mapping.</summary>
    public bool HasHugetlb(MemoryMapping mapping) => GetFigure(mapping, SmapsField.PrivateHugetlb) > 0 || GetFigure(mapping, SmapsField.SharedHugetlb) > 0;

    /// <summary>Gets a figure of a mapping in bytes; null if smaps cannot be read, no longer has the mapping, or has no such figure.</summary>
    public long? GetFigure(MemoryMapping mapping, SmapsField field) =>
        (_figures ??= Read(mapping.Process)).TryGetValue(mapping.Start, out SmapsFigures figures) ? figures[field] : null;

    private Dictionary<ulong, SmapsFigures> Read(ProcessContext context)
    {
        Dictionary<ulong, SmapsFigures> all = [];
        using SafeFileHandle file = process.OpenFile("smaps", out int errno);
        if (errno != 0)
        {
            return all;
        }

        try
        {
            foreach ((MemoryMapping mapping, SmapsFigures figures) in SmapsReader.Read(file, process.GetPath("smaps"), context, process.CancellationToken))
            {
                all[mapping.Start] = figures;
            }

            return all;
        }
        catch (ProcfsException failure) when (failure is { ErrorNumber: not 0, IsExhaustion: false })
        {
            return [];
        }
    }
}
