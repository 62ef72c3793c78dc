using System.Runtime.InteropServices;

namespace PagemapTools.Tests.Support;

/// <summary>Stops, continues and ends processes that a test has started.</summary>
internal static partial class Signals
{
    private const int Kill = 9;
    private const int Continue = 18;
    private const int Stop = 19;

    /// <summary>Stops a process, and waits until it stands still.</summary>
    public static void StopProcess(int processId)
    {
        Send(processId, Stop);
        Assert.True(SpinWait.SpinUntil(() => StateOf(processId) == 'T', TimeSpan.FromSeconds(10)), $"Process {processId} does not stop.");
    }

    public static void ContinueProcess(int processId) => Send(processId, Continue);

    public static void KillProcess(int processId) => Send(processId, Kill);

    /// <summary>The letter of /proc/PID/stat; '-' for a process that has gone.</summary>
    public static char StateOf(int processId)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{processId}/stat");
            return stat[stat.LastIndexOf(')') + 2];
        }
        catch (IOException)
        {
            return '-';
        }
    }

    private static void Send(int processId, int signal)
    {
        // 0 and -1 would mean every process there is.
        Assert.True(processId > 1, $"{processId} is no process of a test.");
        _ = SendSignal(processId, signal);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int SendSignal(int processId, int signal);
}
