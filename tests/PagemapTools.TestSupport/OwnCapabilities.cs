using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>The capabilities of this process, read from /proc/self/status without the library.</summary>
internal static class OwnCapabilities
{
    private const int SysPtrace = 19;
    private const int SysAdmin = 21;
    private const int DacOverride = 1;
    private const int DacReadSearch = 2;
    private const int PerformanceMonitor = 38;
    private const int CheckpointRestore = 40;

    private static readonly ulong s_effective = ulong.Parse(
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("CapEff:", StringComparison.Ordinal)).Split('\t')[1],
        NumberStyles.AllowHexSpecifier);

    /// <summary>4026531837 is PROC_USER_INIT_INO. A kernel without CONFIG_USER_NS has one user namespace and no link.</summary>
    public static bool IsInInitialUserNamespace { get; } =
        new FileInfo("/proc/self/ns/user").LinkTarget is "user:[4026531837]" or null;

    public static bool IsRoot { get; } = Environment.IsPrivilegedProcess;

    /// <summary>The kernel checks CAP_SYS_ADMIN in the initial user namespace.</summary>
    public static bool SeesFrameNumbers => IsInInitialUserNamespace && Has(SysAdmin);

    public static bool CanFollowMapFiles => IsInInitialUserNamespace && (Has(SysAdmin) || Has(CheckpointRestore));

    /// <summary>Also what is no memory, such as links to namespaces (kernel/ptrace.c, __ptrace_may_access).</summary>
    public static bool CanPtraceOthers => IsInInitialUserNamespace && Has(SysPtrace);

    /// <summary>Since Linux 6.15 perfmon_capable() allows a process to read the memory of others (kernel/fork.c, may_access_mm).</summary>
    public static bool CanTraceOthers => IsInInitialUserNamespace
        && (CanPtraceOthers || ((Has(PerformanceMonitor) || Has(SysAdmin)) && Environment.OSVersion.Version >= new Version(6, 15)));

    /// <summary>In a user namespace the capability covers the files of the users that the namespace maps (fs/inode.c, capable_wrt_inode_uidgid).</summary>
    public static bool CanReadFilesOfOthers => MapsEveryUser && (Has(DacReadSearch) || Has(DacOverride));

    public static bool CanWriteFilesOfOthers => MapsEveryUser && Has(DacOverride);

    private static bool MapsEveryUser { get; } =
        File.ReadAllText("/proc/self/uid_map").Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is ["0", "0", "4294967295"];

    private static bool Has(int capability) => (s_effective & (1UL << capability)) != 0;
}
