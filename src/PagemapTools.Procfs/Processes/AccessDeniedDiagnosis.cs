using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Finds the capabilities that the caller lacks for a file of a process. The mode of pagemap (0400) and clear_refs (0200) admits the
/// file's owner, who is root if the process is not dumpable (fs/proc/base.c, task_dump_owner). pagemap and maps also require ptrace read
/// access (kernel/ptrace.c, __ptrace_may_access). clear_refs does not, unless proc is mounted with hidepid: then every file requires it.
/// </summary>
internal sealed class AccessDeniedDiagnosis
{
    private readonly CallerCapabilities _capabilities;
    private readonly bool _isWritten;
    private readonly bool _isHidden;
    private readonly bool _isTraceRefused;
    private readonly bool _isRefusedByMode;
    private readonly bool _isSameUser;

    public AccessDeniedDiagnosis(ProcRoot root, int processId, string file)
    {
        _capabilities = CallerCapabilities.Read(KernelRelease.Read(root));
        _isWritten = file == "clear_refs";
        _isHidden = !CanOpen(root, processId, "comm");
        _isTraceRefused = _isHidden || (!_isWritten && !CanOpen(root, processId, "maps"));

        // The directory belongs to the process's user even if the process is not dumpable; its files do not.
        uint? user = Statx.GetByPath(root.GetPath(processId, string.Empty))?.UserId;
        _isSameUser = user is not null && user == _capabilities.UserId;
        _isRefusedByMode = _isHidden ? !_isSameUser : Faccessat.IsDeniedByMode(root.GetPath(processId, file), _isWritten);
    }

    /// <summary>The capabilities that the caller lacks, and why the kernel requires them; null if the caller has all of them.</summary>
    public string? MissingCapability
    {
        get
        {
            string[] missing = [.. GetRequiredCapabilities().Where(capability => capability.IsEffective != true).Select(capability => capability.Name)];
            string where = _capabilities.IsInitialUserNamespace == true ? string.Empty : " in the user namespace of the process";
            return missing.Length == 0 ? null : $"{string.Join(" and ", missing)}{where} ({Reason})";
        }
    }

    /// <summary>The sentence of the error message.</summary>
    public string Explanation => MissingCapability is { } missing ? $"The caller lacks {missing}."
        : $"The caller {DescribeEffectiveCapabilities()}. Something else refuses access, such as a security module (SELinux, AppArmor, BPF LSM).";

    private string Reason => _isTraceRefused
        ? _isSameUser
            ? "the process belongs to the same user, but is not dumpable, belongs to another group or user namespace, or has capabilities that the caller lacks"
            : "the process belongs to another user"
        : "only the owner may open the file";

    private IEnumerable<(string Name, bool? IsEffective)> GetRequiredCapabilities()
    {
        // CAP_PERFMON replaces CAP_SYS_PTRACE for an address space, but not for a directory that hidepid hides.
        if (_isTraceRefused)
        {
            yield return ("CAP_SYS_PTRACE", _isHidden ? _capabilities.IsInitialUserNamespace & _capabilities.Has(Capability.SysPtrace) : _capabilities.CanPtraceOtherUsers);
        }

        if (_isRefusedByMode)
        {
            yield return _isWritten ? ("CAP_DAC_OVERRIDE", _capabilities.CanBypassWritePermission) : ("CAP_DAC_READ_SEARCH", _capabilities.CanBypassReadPermission);
        }
    }

    private string DescribeEffectiveCapabilities()
    {
        string names = string.Join(" and ", GetRequiredCapabilities().Select(capability => capability.Name));
        return names.Length == 0 ? "is allowed to open the file by its mode" : $"holds {names}, or an equivalent";
    }

    private static bool CanOpen(ProcRoot root, int processId, string file)
    {
        using SafeFileHandle handle = root.OpenFile(root.GetPath(processId, file), out _, processId);
        return !handle.IsInvalid;
    }
}
