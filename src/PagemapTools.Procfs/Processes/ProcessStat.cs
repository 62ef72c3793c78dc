using System.Globalization;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Processes;

/// <summary>What /proc/PID/stat says of a process, or of a thread by its id (fs/proc/array.c, do_task_stat).</summary>
internal readonly record struct ProcessStat(char State, bool IsKernelThread)
{
    private const uint KernelThreadFlag = 0x00200000;

    /// <summary>Z and X are the states of what has ended.</summary>
    public bool HasEnded => State is 'Z' or 'X';

    /// <summary>Null if there is none, or it makes no sense.</summary>
    public static ProcessStat? TryRead(ProcRoot root, int processId)
    {
        try
        {
            // The name, field 2, is in parentheses and may hold spaces and parentheses itself. The flags, with PF_KTHREAD, are field 9.
            string stat = File.ReadAllText(root.GetPath(processId, "stat"));
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            uint flags = uint.Parse(fields[6], CultureInfo.InvariantCulture);
            return new ProcessStat(fields[0][0], (flags & KernelThreadFlag) != 0);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or FormatException or IndexOutOfRangeException or ArgumentOutOfRangeException)
        {
            return null;
        }
    }
}
