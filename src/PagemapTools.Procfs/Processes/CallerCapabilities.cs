using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>The capabilities that the pagemap interface requires, with their numbers (include/uapi/linux/capability.h).</summary>
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

/// <summary>The effective capabilities of the calling thread, from /proc/thread-self/status and its user namespace; null where unknown.</summary>
internal sealed class CallerCapabilities
{
    // PROC_USER_INIT_INO (include/linux/proc_ns.h). uid_map does not identify the namespace: any namespace may map every id to itself.
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

    /// <summary>Whether the caller is in the initial user namespace. The kernel's global checks (capable) succeed only there.</summary>
    public bool? IsInitialUserNamespace { get; }

    /// <summary>The user id that the kernel compares with the owner of a file (fsuid).</summary>
    public uint? UserId { get; }

    public bool? Has(Capability capability) => _effective is { } effective ? (effective & (1UL << (int)capability)) != 0 : null;

    /// <summary>
    /// Whether the caller has ptrace read access to processes of other users (kernel/ptrace.c). Since Linux 6.15 CAP_PERFMON or
    /// CAP_SYS_ADMIN is enough to read an address space (kernel/fork.c, may_access_mm). A capability in another user namespace does not
    /// count for a process outside that namespace.
    /// </summary>
    public bool? CanPtraceOtherUsers => IsInitialUserNamespace
        & (Has(Capability.SysPtrace) | (_isPerfMonEnough & (Has(Capability.PerfMon) | Has(Capability.SysAdmin))));

    /// <summary>Whether the caller may read files regardless of their mode. In another user namespace that excludes files whose owner is outside it.</summary>
    public bool? CanBypassReadPermission => IsInitialUserNamespace & (Has(Capability.DacReadSearch) | Has(Capability.DacOverride));

    /// <summary>Whether the caller may write files regardless of their mode.</summary>
    public bool? CanBypassWritePermission => IsInitialUserNamespace & Has(Capability.DacOverride);

    /// <summary>Whether mincore reports the pages of another user's file (mm/mincore.c, can_do_mincore, Linux 5.2).</summary>
    public bool? CanMincoreOthersFiles => IsInitialUserNamespace & (Has(Capability.Fowner) | Has(Capability.DacOverride));

    /// <summary>Reads the current capabilities of the calling thread.</summary>
    public static CallerCapabilities Read(KernelRelease release)
    {
        const string Path = "/proc/thread-self/status";
        ulong? effective = null;
        uint? userId = null;
        using SafeFileHandle status = ProcRoot.Default.OpenFile(Path, out int errno);
        using ProcLineReader lines = new(status, Path, ProcText.MaxStatusSize);
        while (errno == 0 && lines.MoveNext())
        {
            ReadOnlySpan<byte> line = lines.Line;
            if (line.StartsWith("CapEff:\t"u8) && ProcNumber.TryParseHex(line["CapEff:\t"u8.Length..], out ulong bits))
            {
                effective = bits;
            }
            else if (line.StartsWith("Uid:"u8) && ProcNumber.TryParse(line[(line.LastIndexOf((byte)'\t') + 1)..], out ulong id, uint.MaxValue))
            {
                userId = (uint)id;
            }
        }

        return new CallerCapabilities(effective, userId, release);
    }

    private static bool? IsInInitialUserNamespace()
    {
        using SafeFileHandle own = ProcRoot.Default.OpenFile("/proc/self/ns/user", out int errno);
        return errno switch
        {
            0 => Statx.GetByHandle(own) is { } identity ? identity.Inode == InitialUserNamespace : null,

            // A kernel without CONFIG_USER_NS has the initial namespace only.
            Errno.ENOENT when Directory.Exists("/proc/self/ns") => true,
            _ => null,
        };
    }
}
