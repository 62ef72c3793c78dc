using System.Diagnostics;

namespace PagemapTools.TestProcesses.Machine;

internal static class Wait
{
    public static bool Until(Func<bool> condition, TimeSpan limit)
    {
        long start = Stopwatch.GetTimestamp();
        while (!condition())
        {
            if (Stopwatch.GetElapsedTime(start) > limit)
            {
                return false;
            }

            Thread.Sleep(20);
        }

        return true;
    }
}
