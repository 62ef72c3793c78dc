using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>Fields of /proc/PID/stat.</summary>
internal static class ProcessStatus
{
    /// <summary>PF_KTHREAD (include/linux/sched.h), in field 9.</summary>
    public const uint KernelThread = 0x00200000;

    /// <summary>Returns the letter of the process's state; null if the process has exited.</summary>
    public static char? GetState(int processId) => ReadFields(processId)?[0][0];

    public static int? GetParent(int processId) => ReadFields(processId) is { } fields ? int.Parse(fields[1], CultureInfo.InvariantCulture) : null;

    public static bool IsKernelThread(int processId) =>
        ReadFields(processId) is { } fields && (uint.Parse(fields[6], CultureInfo.InvariantCulture) & KernelThread) != 0;

    private static string[]? ReadFields(int processId)
    {
        try
        {
            string stat = File.ReadAllText(FormattableString.Invariant($"/proc/{processId}/stat"));
            return stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        }
        catch (IOException)
        {
            return null;
        }
    }
}
