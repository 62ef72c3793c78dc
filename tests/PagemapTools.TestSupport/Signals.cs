using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PagemapTools.TestSupport;

/// <summary>Sends signals to one process by its id.</summary>
internal static partial class Signals
{
    private const int SIGKILL = 9;
    private const int SIGCONT = 18;
    private const int SIGSTOP = 19;

    public static void Kill(int processId) => _ = Send(processId, SIGKILL);

    public static void Continue(int processId) => _ = Send(processId, SIGCONT);

    /// <summary>Stops a process, and waits until the kernel reports the process as stopped.</summary>
    public static void Stop(int processId)
    {
        Assert.Equal(0, Send(processId, SIGSTOP));
        long start = Stopwatch.GetTimestamp();
        while (ProcessStatus.GetState(processId) != 'T')
        {
            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(30), $"process {processId} is in state {ProcessStatus.GetState(processId)}, not T");
            Thread.Sleep(5);
        }
    }

    private static int Send(int processId, int signal)
    {
        // kill(2) sends to many processes for ids 0 and -1.
        Assert.True(processId > 1, $"{processId} is no process of a test");
        return KillNative(processId, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int KillNative(int processId, int signal);
}
