using System.Diagnostics;
using System.Runtime.InteropServices;

namespace PagemapTools.TestSupport;

/// <summary>
/// Starts processes with fewer capabilities. Credentials belong to a thread: a new thread drops its own with bare system calls (the
/// functions of libc change all threads) and then starts the process.
/// </summary>
internal static partial class UnprivilegedRunner
{
    public const uint Nobody = 65534;

    private const int DropFromBoundingSet = 24;
    private static readonly bool s_isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <summary>Starts a process as the user nobody, without capabilities.</summary>
    public static Process StartAsNobody(ProcessStartInfo start) => StartOnThread(start, BecomeNobody);

    /// <summary>Runs an action on a thread with the credentials of nobody.</summary>
    public static T RunAsNobody<T>(Func<T> action)
    {
        T? result = default;
        RunOnThread(() =>
        {
            BecomeNobody();
            result = action();
        });
        return result!;
    }

    /// <summary>Starts a process as root without some capabilities. execve does not restore a capability outside the bounding set.</summary>
    public static Process StartWithout(ProcessStartInfo start, params int[] capabilities) => StartOnThread(start, () =>
    {
        foreach (int capability in capabilities)
        {
            ThrowIfFailed(SystemCall(s_isX64 ? 157 : 167, DropFromBoundingSet, (nuint)capability, 0), "prctl(PR_CAPBSET_DROP)");
        }
    });

    private static Process StartOnThread(ProcessStartInfo start, Action giveAway)
    {
        Process? process = null;
        RunOnThread(() =>
        {
            giveAway();
            process = Process.Start(start);
        });
        return process!;
    }

    private static void BecomeNobody()
    {
        ThrowIfFailed(SystemCall(s_isX64 ? 116 : 159, 0, 0, 0), "setgroups");
        ThrowIfFailed(SystemCall(s_isX64 ? 119 : 149, Nobody, Nobody, Nobody), "setresgid");
        ThrowIfFailed(SystemCall(s_isX64 ? 117 : 147, Nobody, Nobody, Nobody), "setresuid");
    }

    private static void RunOnThread(Action action)
    {
        Exception? failure = null;
        Thread thread = new(() =>
        {
            try
            {
                action();
            }
            catch (Exception caught) when (caught is InvalidOperationException or System.ComponentModel.Win32Exception)
            {
                failure = caught;
            }
        });
        thread.Start();
        thread.Join();
        Require.That(failure is null, "Setuid", $"a process with fewer capabilities cannot be started here: {failure?.Message}");
    }

    private static void ThrowIfFailed(nint result, string call)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"{call}: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    private static partial nint SystemCall(nint number, nuint first, nuint second, nuint third);
}
