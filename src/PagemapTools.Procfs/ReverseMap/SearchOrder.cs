using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Orders processes so that a frame is probably found soon.</summary>
internal static class SearchOrder
{
    // A walk opens a process in the time of 20,000 entries, and passes 500 addresses without a page in the time of one entry.
    private const double OpenCost = 20_000;
    private const double AbsentPagesPerEntry = 500;
    private const int MaxSize = 256;

    /// <summary>
    /// Lists the processes with an address space, those with the most resident pages for the cost of a walk first. A frame is in each
    /// resident page with the same probability. A process that reserves much and uses little comes last.
    /// </summary>
    /// <exception cref="ProcfsException">The tree cannot be listed.</exception>
    public static IReadOnlyList<int> List(ProcRoot root, IEnumerable<int> processIds, CancellationToken cancellationToken)
    {
        List<(int ProcessId, double Cost)> processes = [];
        foreach (int id in processIds)
        {
            cancellationToken.ThrowIfCancellationRequested();
            (ulong size, ulong resident) = ReadSizes(root, id);
            if (size > 0 || !root.IsKernelThread(id))
            {
                processes.Add((id, (OpenCost + resident + (size / AbsentPagesPerEntry)) / (resident + 1)));
            }
        }

        return [.. processes.OrderBy(process => process.Cost).Select(process => process.ProcessId)];
    }

    /// <summary>Reads the pages that a process has reserved and those that are resident (fs/proc/array.c, proc_pid_statm); 0 if there are none.</summary>
    private static (ulong Size, ulong Resident) ReadSizes(ProcRoot root, int processId)
    {
        Span<byte> buffer = stackalloc byte[MaxSize];
        int length = ProcText.Read(root, root.GetPath(processId, "statm"), buffer, out _, processId);
        ReadOnlySpan<byte> line = buffer[..Math.Max(length, 0)];
        return ProcNumber.TryTake(ref line, (byte)' ', out ulong size) && ProcNumber.TryTake(ref line, (byte)' ', out ulong resident) ? (size, resident) : (0, 0);
    }
}
