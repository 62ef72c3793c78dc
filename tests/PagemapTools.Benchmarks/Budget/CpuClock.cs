using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>
/// The processor time of this program and of the children that it has waited for. Where others compute on the same cores, ratios of
/// it are steadier than ratios of the time on the wall; what several threads gain does not show in it.
/// </summary>
internal static partial class CpuClock
{
    private const int Children = -1;

    /// <summary>Milliseconds since the program began.</summary>
    public static double Read()
    {
        // struct rusage begins with two struct timeval, user and system; 18 words in all.
        Span<long> usage = stackalloc long[18];
        _ = GetResourceUsage(Children, ref MemoryMarshal.GetReference(usage));
        double children = ((usage[0] + usage[2]) * 1000.0) + ((usage[1] + usage[3]) / 1000.0);
        return Environment.CpuUsage.TotalTime.TotalMilliseconds + children;
    }

    [LibraryImport("libc", EntryPoint = "getrusage")]
    private static partial int GetResourceUsage(int who, ref long usage);
}
