using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>
/// What a process's file asks of the caller who was refused it. pagemap (mode 0400) and clear_refs (0200) are for the file's owner, who
/// is root where the process is not dumpable (fs/proc/base.c, task_dump_owner). pagemap and maps ask for ptrace's read access
/// (kernel/ptrace.c, __ptrace_may_access), clear_refs does not; but where proc is mounted with hidepid, every file does.
/// </summary>
internal sealed class AccessRefusal
{
    private readonly CallerCapabilities _rights;
    private readonly bool _isWritten;
    private readonly bool _isHidden;
    private readonly bool _isTraceRefused;
    private readonly bool _isRefusedByMode;
    private readonly bool _isSameUser;

    public AccessRefusal(ProcRoot root, int processId, string file)
    {
        _rights = CallerCapabilities.Read(KernelRelease.Read(root));
        _isWritten = file == "clear_refs";
        _isHidden = !Opens(root.PathOf(processId, "comm"));
        _isTraceRefused = _isHidden || (!_isWritten && !Opens(root.PathOf(processId, "maps")));

        // The directory, unlike its files, is of the process's user even where that is not dumpable.
        uint? user = StatxCall.OfPath(root.PathOf(processId, string.Empty))?.UserId;
        _isSameUser = user is not null && user == _rights.UserId;
        _isRefusedByMode = _isHidden ? !_isSameUser : AccessCall.IsRefusedByMode(root.PathOf(processId, file), _isWritten);
    }

    /// <summary>The capabilities that the caller lacks, and why they are asked for; null if it holds all that the kernel asks for.</summary>
    public string? MissingRight
    {
        get
        {
            string[] missing = [.. Asked().Where(right => right.IsHeld != true).Select(right => right.Name)];
            string where = _rights.IsInitialUserNamespace == true ? string.Empty : " in the user namespace of the process";
            return missing.Length == 0 ? null : $"{string.Join(" and ", missing)}{where} ({Reason})";
        }
    }

    /// <summary>The sentence for the user.</summary>
    public string Explanation => MissingRight is { } missing ? $"What is missing is {missing}."
        : $"The caller {Held()}: something else refuses it, such as a security module (SELinux, AppArmor, an LSM of BPF).";

    private string Reason => _isTraceRefused
        ? _isSameUser
            ? "the process is of the same user, but not dumpable, of another group, of another user namespace, or has capabilities that the caller lacks"
            : "the process is of another user"
        : "the file is for its owner only";

    private IEnumerable<(string Name, bool? IsHeld)> Asked()
    {
        // What is as good as CAP_SYS_PTRACE for an address space opens no directory that hidepid closes.
        if (_isTraceRefused)
        {
            yield return ("CAP_SYS_PTRACE", _isHidden ? _rights.IsInitialUserNamespace & _rights.Has(Capability.SysPtrace) : _rights.CanPtraceOtherUsers);
        }

        if (_isRefusedByMode)
        {
            yield return _isWritten ? ("CAP_DAC_OVERRIDE", _rights.CanBypassWritePermission) : ("CAP_DAC_READ_SEARCH", _rights.CanBypassReadPermission);
        }
    }

    private string Held()
    {
        string held = string.Join(" and ", Asked().Select(right => right.Name));
        return held.Length == 0 ? "has the right to the file by its mode" : $"holds {held}, or what is as good";
    }

    private static bool Opens(string path)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle file = FileCalls.OpenForReading(path, out _);
        return !file.IsInvalid;
    }
}
