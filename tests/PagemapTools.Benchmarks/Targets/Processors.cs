using System.Globalization;
using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>Which processors run a target, and which run this program.</summary>
internal static partial class Processors
{
    private const int MaxProcessors = 64;

    /// <summary>
    /// Gives the main thread of a target the last processor, and the threads of this program the others, so that they do not compete.
    /// Threads inherit that from the thread that starts them.
    /// </summary>
    /// <returns>False on a machine with one processor, or with more than 64.</returns>
    public static bool Separate(int processId)
    {
        if (Environment.ProcessorCount is < 2 or > MaxProcessors)
        {
            return false;
        }

        ulong last = 1UL << (Environment.ProcessorCount - 1);
        Allow(processId, last);
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            Allow(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), last - 1);
        }

        return true;
    }

    /// <summary>Lets the threads of this program run on all processors again.</summary>
    public static void Rejoin()
    {
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            Allow(int.Parse(Path.GetFileName(task), CultureInfo.InvariantCulture), ulong.MaxValue);
        }
    }

    // A thread may end meanwhile.
    private static void Allow(int threadId, ulong processors) => _ = SetAffinity(threadId, sizeof(ulong), processors);

    [LibraryImport("libc", EntryPoint = "sched_setaffinity")]
    private static partial int SetAffinity(int threadId, nuint bytes, in ulong processors);
}
