namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The fields of /proc/PID/stat that change when a process id passes to another process, or when a process executes another program. The
/// kernel reads the addresses under exec_update_lock, and shows them to every caller who may read pagemap (fs/proc/array.c, do_task_stat).
/// proc has no better key: if address space randomization is off, a program that executes itself with the same arguments and
/// environment has the same addresses.
/// </summary>
internal readonly record struct ProgramIdentity(
    ulong StartTime, ulong StartCode, ulong EndCode, ulong StartStack, ulong ArgStart, ulong ArgEnd, ulong EnvStart, ulong EnvEnd)
{
    /// <summary>The numbers of the fields, in the order of the properties (Documentation/filesystems/proc.rst, table 1-4).</summary>
    public static ReadOnlySpan<int> Fields => [22, 26, 27, 28, 48, 49, 50, 51];

    public static ProgramIdentity From(ReadOnlySpan<ulong> values) =>
        new(values[0], values[1], values[2], values[3], values[4], values[5], values[6], values[7]);
}
