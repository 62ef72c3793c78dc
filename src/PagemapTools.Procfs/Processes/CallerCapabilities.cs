using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

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

/// <summary>What the calling thread may do, from /proc/thread-self/status and its user namespace; null is what is unknown.</summary>
internal sealed class CallerCapabilities
{
    // PROC_USER_INIT_INO (include/linux/proc_ns.h). The uid_map does not tell: a namespace may map every id to itself.
    private const ulong InitialUserNamespace = 0xEFFFFFFD;

    private readonly ulong? _effective;
    private readonly bool _isPerfMonEnough;

    private CallerCapabilities(ulong? effective, uint? userId, KernelRelease release)
    {
        _effective = effective;
        _isPerfMonEnough = release.Version >= new Version(6, 15);
        UserId = userId;
        IsInitialUserNamespace = IsInInitialUserNamespace();
    }

    /// <summary>Whether the caller is in the initial user namespace, where alone the kernel's own checks (capable) can succeed.</summary>
    public bool? IsInitialUserNamespace { get; }

    /// <summary>The user by whom the kernel judges opening files (fsuid).</summary>
    public uint? UserId { get; }

    public bool? Has(Capability capability) => _effective is { } effective ? (effective & (1UL << (int)capability)) != 0 : null;

    /// <summary>
    /// Whether ptrace's read access is granted to processes of other users (kernel/ptrace.c). Since Linux 6.15 CAP_PERFMON, and with
    /// it CAP_SYS_ADMIN, is as good for reading an address space (kernel/fork.c, may_access_mm). Inside a user namespace a capability
    /// is worth nothing on a process outside.
    /// </summary>
    public bool? CanPtraceOtherUsers => IsInitialUserNamespace
        & (Has(Capability.SysPtrace) | (_isPerfMonEnough & (Has(Capability.PerfMon) | Has(Capability.SysAdmin))));

    /// <summary>Whether files may be read whatever their mode says; inside a user namespace not those of owners outside.</summary>
    public bool? CanBypassReadPermission => IsInitialUserNamespace & (Has(Capability.DacReadSearch) | Has(Capability.DacOverride));

    /// <summary>Whether files may be written whatever their mode says.</summary>
    public bool? CanBypassWritePermission => IsInitialUserNamespace & Has(Capability.DacOverride);

    /// <summary>Whether the kernel tells which pages of another user's file are in memory (mm/mincore.c, can_do_mincore, Linux 5.2).</summary>
    public bool? CanMincoreOthersFiles => IsInitialUserNamespace & (Has(Capability.Fowner) | Has(Capability.DacOverride));

    /// <summary>Reads the capabilities of the calling thread as they are now.</summary>
    public static CallerCapabilities Read(KernelRelease release)
    {
        try
        {
            Dictionary<string, string> status = File.ReadLines("/proc/thread-self/status").Select(line => line.Split(':', 2))
                .ToDictionary(field => field[0], field => field[^1].Trim(), StringComparer.Ordinal);
            return new CallerCapabilities(
                ulong.Parse(status["CapEff"], NumberStyles.HexNumber, CultureInfo.InvariantCulture),
                uint.Parse(status["Uid"].Split('\t')[^1], CultureInfo.InvariantCulture),
                release);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or KeyNotFoundException or FormatException)
        {
            return new CallerCapabilities(effective: null, userId: null, release);
        }
    }

    private static bool? IsInInitialUserNamespace()
    {
        using SafeFileHandle own = FileIO.OpenForReading("/proc/self/ns/user", out int errno);
        return errno switch
        {
            0 => Statx.GetByHandle(own) is { } identity ? identity.Inode == InitialUserNamespace : null,

            // Without CONFIG_USER_NS there is no other than the initial one.
            Errno.ENOENT when Directory.Exists("/proc/self/ns") => true,
            _ => null,
        };
    }
}
