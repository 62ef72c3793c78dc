using System.Globalization;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// A thread that lives on in a process whose main thread has ended (pthread_exit). The kernel keeps the main thread as a zombie until
/// the last other ends (kernel/exit.c, delay_group_leader), and in /proc/PID, which is the main thread's, the address space has gone.
/// It is in the other threads' directories, which proc has by their own ids without listing them (fs/proc/base.c, proc_pid_lookup).
/// </summary>
internal static class ThreadGroup
{
    /// <summary>The id of such a thread; null where the main thread lives, or no other does.</summary>
    public static int? FindLiveThread(ProcRoot root, int processId)
    {
        if (ProcessStat.TryRead(root, processId) is not { State: 'Z' })
        {
            return null;
        }

        foreach (int thread in ReadThreadIds(root.GetPath(processId, "task")))
        {
            if (ProcessStat.TryRead(root, thread) is { HasEnded: false })
            {
                return thread;
            }
        }

        return null;
    }

    private static List<int> ReadThreadIds(string directory)
    {
        List<int> threads = [];
        try
        {
            foreach (string thread in Directory.EnumerateDirectories(directory))
            {
                threads.Add(int.Parse(Path.GetFileName(thread.AsSpan()), NumberStyles.None, CultureInfo.InvariantCulture));
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException or FormatException)
        {
            // Those that were listed until then.
            return threads;
        }

        return threads;
    }
}
