using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// What a process's file asks of the caller who was refused it. pagemap (mode 0400) and clear_refs (0200) are for the file's owner, who
/// is root where the process is not dumpable (fs/proc/base.c, task_dump_owner). pagemap and maps ask for ptrace's read access
/// (kernel/ptrace.c, __ptrace_may_access), clear_refs does not; but where proc is mounted with hidepid, every file does.
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
        _isHidden = !CanOpen(root.GetPath(processId, "comm"));
        _isTraceRefused = _isHidden || (!_isWritten && !CanOpen(root.GetPath(processId, "maps")));

        // The directory, unlike its files, is of the process's user even where that is not dumpable.
        uint? user = Statx.GetByPath(root.GetPath(processId, string.Empty))?.UserId;
        _isSameUser = user is not null && user == _capabilities.UserId;
        _isRefusedByMode = _isHidden ? !_isSameUser : Faccessat.IsDeniedByMode(root.GetPath(processId, file), _isWritten);
    }

    /// <summary>The capabilities that the caller lacks, and why they are asked for; null if it holds all that the kernel asks for.</summary>
    public string? MissingCapability
    {
        get
        {
            string[] missing = [.. GetRequiredCapabilities().Where(right => right.IsHeld != true).Select(right => right.Name)];
            string where = _capabilities.IsInitialUserNamespace == true ? string.Empty : " in the user namespace of the process";
            return missing.Length == 0 ? null : $"{string.Join(" and ", missing)}{where} ({Reason})";
        }
    }

    /// <summary>The sentence for the user.</summary>
    public string Explanation => MissingCapability is { } missing ? $"What is missing is {missing}."
        : $"The caller {DescribeHeldCapabilities()}: something else refuses it, such as a security module (SELinux, AppArmor, an LSM of BPF).";

    private string Reason => _isTraceRefused
        ? _isSameUser
            ? "the process is of the same user, but not dumpable, of another group, of another user namespace, or has capabilities that the caller lacks"
            : "the process is of another user"
        : "the file is for its owner only";

    private IEnumerable<(string Name, bool? IsHeld)> GetRequiredCapabilities()
    {
        // What is as good as CAP_SYS_PTRACE for an address space opens no directory that hidepid closes.
        if (_isTraceRefused)
        {
            yield return ("CAP_SYS_PTRACE", _isHidden ? _capabilities.IsInitialUserNamespace & _capabilities.Has(Capability.SysPtrace) : _capabilities.CanPtraceOtherUsers);
        }

        if (_isRefusedByMode)
        {
            yield return _isWritten ? ("CAP_DAC_OVERRIDE", _capabilities.CanBypassWritePermission) : ("CAP_DAC_READ_SEARCH", _capabilities.CanBypassReadPermission);
        }
    }

    private string DescribeHeldCapabilities()
    {
        string held = string.Join(" and ", GetRequiredCapabilities().Select(right => right.Name));
        return held.Length == 0 ? "has the right to the file by its mode" : $"holds {held}, or what is as good";
    }

    private static bool CanOpen(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = FileIO.OpenForReading(path, out _);
        return !file.IsInvalid;
    }
}
