using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>
/// Tries on memory of the calling process whether an access sets a referenced bit that was cleared. The kernel clears these bits without
/// flushing translations (fs/proc/task_mmu.c, clear_refs_pte_range). Under a hypervisor with shadow page tables a translation stays valid
/// for long, and an access through it sets no bit: the figures would be too small, mostly 0. The probe accesses the memory at once, because
/// a program that uses its memory all the time may not be interrupted in the interval, either.
/// </summary>
internal static class ReferencedBitProbe
{
    /// <summary>The part of accessed pages below which figures are not true. A processor may retain some translations of its own; shadow page tables retain all.</summary>
    public const double MinSeenPart = 0.5;

    // Four times the translations that the largest processors of 2024 cache (4,096).
    private const long Bytes = 64L << 20;

    // Measured under PVM: one of three passes over the memory was seen, because the hypervisor had dropped its translations meanwhile.
    private const int Rounds = 4;

    /// <summary>Measures the part of accessed pages whose bits were set again, from 0 to 1, in the worst of several rounds; null if the probe cannot be made.</summary>
    public static double? Measure(ProcfsContext procfs, CancellationToken cancellationToken)
    {
        nint memory = MemoryMap.Map((nuint)Bytes, MemoryMap.ProtectionRead | MemoryMap.ProtectionWrite, MemoryMap.MapShared | MemoryMap.MapAnonymous, null, 0);
        if (memory == 0)
        {
            return null;
        }

        try
        {
            MemoryMap.Advise(memory, (nuint)Bytes, MemoryMap.AdviceNoHugePage);
            Touch(memory);
            double? worst = 1;
            for (int round = 0; round < Rounds && worst >= MinSeenPart; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                worst = MeasureRound(procfs, memory) is { } part ? Math.Min(worst.Value, part) : null;
            }

            return worst;
        }
        catch (ProcfsException)
        {
            return null;
        }
        finally
        {
            MemoryMap.Unmap(memory, (nuint)Bytes);
        }
    }

    private static double? MeasureRound(ProcfsContext procfs, nint memory)
    {
        ClearRefs.Write(ProcRoot.Default, Environment.ProcessId, ClearRefs.Referenced);
        Touch(memory);
        const string Path = "/proc/self/smaps";
        using SafeFileHandle smaps = ProcRoot.Default.OpenFile(Path, out int errno);
        if (errno != 0)
        {
            return null;
        }

        // Shared memory never merges with another mapping.
        SmapsFigures figures = SmapsReader.Read(smaps, Path, procfs.CreateContext(Environment.ProcessId, string.Empty))
            .FirstOrDefault(item => item.Mapping.Start == (ulong)memory).Figures;
        return figures[SmapsField.Referenced] / (double)Bytes;
    }

    private static void Touch(nint memory)
    {
        for (long offset = 0; offset < Bytes; offset += (long)PageGeometry.PageSize)
        {
            Marshal.WriteByte(memory + (nint)offset, 1);
        }
    }
}
