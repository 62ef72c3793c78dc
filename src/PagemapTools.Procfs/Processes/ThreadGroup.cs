using System.Text;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Finds a live thread of a process whose main thread has exited (pthread_exit). The kernel keeps the main thread as a zombie until the
/// last other thread exits (kernel/exit.c, delay_group_leader). /proc/PID belongs to the main thread, so its files no longer reach the
/// address space. The directories of the other threads do: proc finds them by thread id, although it does not list them
/// (fs/proc/base.c, proc_pid_lookup).
/// </summary>
internal static class ThreadGroup
{
    // Bounds the search in a process whose threads are all zombies.
    private const int MaxThreads = 1024;

    /// <summary>Finds the id of a live thread; null if the main thread is alive, or if no thread is.</summary>
    /// <exception cref="ProcfsException">A file has a text that the kernel does not write.</exception>
    public static int? FindLiveThread(ProcRoot root, int processId)
    {
        if (ProcessStat.TryRead(root, processId) is not { State: 'Z' })
        {
            return null;
        }

        string directory = root.GetPath(processId, "task");
        foreach (string name in ProcRoot.ListDirectories(directory, MaxThreads, processId))
        {
            int thread = ProcNumber.TryParseId(name, out int id) ? id : throw ProcText.CreateMalformed(directory, Encoding.UTF8.GetBytes(name), processId);
            if (ProcessStat.TryRead(root, thread) is { HasEnded: false })
            {
                return thread;
            }
        }

        return null;
    }
}
