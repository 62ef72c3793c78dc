using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>
/// The processor time of this program and of the children that it has waited for. On a busy machine its ratios vary less than those
/// of elapsed time. It does not show the gain from several threads.
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
