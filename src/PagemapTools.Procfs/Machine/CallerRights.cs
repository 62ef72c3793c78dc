using System.Globalization;

namespace PagemapTools.Procfs;

/// <summary>The capabilities that the pagemap interface asks for, by their numbers (include/uapi/linux/capability.h).</summary>
internal enum Capability
{
    DacOverride = 1,
    DacReadSearch = 2,
    Fowner = 3,
    SysPtrace = 19,
    SysAdmin = 21,
    PerfMon = 38,
    CheckpointRestore = 40,
}

/// <summary>What the calling process may do, from /proc/thread-self/status and its user namespace.</summary>
internal sealed class CallerRights
{
    private static readonly bool s_perfMonCounts =
        KernelRelease.TryParse(KernelRelease.Current, out Version release) && release >= new Version(6, 15);

    private readonly ulong _effective;

    private CallerRights(ulong effective, bool isInitialUserNamespace)
    {
        _effective = effective;
        IsInitialUserNamespace = isInitialUserNamespace;
    }

    /// <summary>Read anew each time: a thread may drop rights.</summary>
    public static CallerRights Current => Read();

    /// <summary>Whether the caller is in the initial user namespace, where alone the kernel's own checks (capable) can succeed.</summary>
    public bool IsInitialUserNamespace { get; }

    public bool Has(Capability capability) => (_effective & (1UL << (int)capability)) != 0;

    /// <summary>
    /// Whether ptrace's read access is granted to processes of other users (kernel/ptrace.c). Since Linux 6.15 CAP_PERFMON, and with
    /// it CAP_SYS_ADMIN, is as good for reading an address space (kernel/fork.c, may_access_mm). Inside a user namespace a capability
    /// is worth nothing on a process outside.
    /// </summary>
    public bool MayTraceOthers => IsInitialUserNamespace
        && (Has(Capability.SysPtrace) || (s_perfMonCounts && (Has(Capability.PerfMon) || Has(Capability.SysAdmin))));

    /// <summary>Whether files may be read whatever their mode says; inside a user namespace not those of owners outside.</summary>
    public bool MayReadFilesOfOthers => IsInitialUserNamespace && (Has(Capability.DacReadSearch) || Has(Capability.DacOverride));

    private static CallerRights Read()
    {
        try
        {
            string line = File.ReadLines("/proc/thread-self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal));
            string[] map = File.ReadAllText("/proc/self/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            return new CallerRights(
                ulong.Parse(line.AsSpan("CapEff:".Length).Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                map is ["0", "0", "4294967295"]);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or InvalidOperationException or FormatException)
        {
            return new CallerRights(0, isInitialUserNamespace: false);
        }
    }
}
