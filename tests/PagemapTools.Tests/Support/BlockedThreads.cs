namespace PagemapTools.Tests.Support;

/// <summary>Threads of this program that a target holds.</summary>
internal static class BlockedThreads
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    // A thread that waits for a lock of the kernel, or for the server of a file system, sleeps in state D; no other thread of the tests
    // that reads targets does so for long.
    public static int Count() => Directory.GetDirectories("/proc/self/task").Count(thread =>
    {
        try
        {
            string stat = File.ReadAllText($"{thread}/stat");
            return stat[stat.LastIndexOf(')') + 2] == 'D' && File.ReadAllText($"{thread}/comm").StartsWith("PagemapTools ta", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            // The thread has ended.
            return false;
        }
    });

    public static void WaitForSome() => Assert.True(SpinWait.SpinUntil(() => Count() > 0, s_patience), "No thread waits for the target.");

    public static void WaitForNone() => Assert.True(SpinWait.SpinUntil(() => Count() == 0, s_patience), "Threads are still blocked after the release.");
}
