using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Procfs.Core;

namespace PagemapTools;

/// <summary>Makes every error record of the module. The ids are part of its contract; about_PagemapTools lists them.</summary>
internal static class PagemapErrors
{
    /// <summary>The record of a failure of the pagemap interface.</summary>
    public static ErrorRecord ToRecord(this ProcfsException failure, KernelRelease release)
    {
        (string id, ErrorCategory category, object? target) = failure.Error switch
        {
            ProcfsError.ProcessNotFound => ("NoProcessFoundForGivenId", ErrorCategory.ObjectNotFound, (object?)failure.ProcessId),
            ProcfsError.NoAddressSpace => ("ProcessHasNoAddressSpace", ErrorCategory.InvalidOperation, failure.ProcessId),
            ProcfsError.ProcessAccessDenied => ("PagemapAccessDenied", ErrorCategory.PermissionDenied, failure.ProcessId),
            ProcfsError.PagemapNotAvailable => ("PagemapNotAvailable", ErrorCategory.NotInstalled, failure.Path),
            ProcfsError.KPageAccessDenied => ("KPageAccessDenied", ErrorCategory.PermissionDenied, failure.Path),
            ProcfsError.KPageNotAvailable => ("KPageNotAvailable", ErrorCategory.NotInstalled, failure.Path),
            ProcfsError.SoftDirtyNotSupported => ("SoftDirtyNotSupported", ErrorCategory.NotImplemented, release.Text),
            ProcfsError.PlatformNotSupported => ("PlatformNotSupported", ErrorCategory.NotImplemented, failure.Path),
            _ => ("PagemapReadFailed", ErrorCategory.ReadError, (object?)failure.ProcessId ?? failure.Path),
        };
        return new ErrorRecord(failure, id, category, target);
    }

    /// <summary>Whether the failure is of one process only, so that the next target can still be served.</summary>
    public static bool IsPerProcess(this ProcfsException failure) => failure.ProcessId is not null;

    public static ErrorRecord NoProcessFoundForGivenName(string name) => new(
        new ItemNotFoundException($"There is no process with the name '{name}'."),
        "NoProcessFoundForGivenName",
        ErrorCategory.ObjectNotFound,
        name);

    public static ErrorRecord ExclusiveAndShared() => new(
        new PSInvalidOperationException("A page is either exclusive or shared: -Exclusive and -Shared cannot be used together."),
        "ExclusiveAndShared",
        ErrorCategory.InvalidArgument,
        null);

    public static ErrorRecord ProcessObjectFromOtherProc(Process process, string root) => new(
        new PSInvalidOperationException($"Process {process.Id} ({process.ProcessName}) is of /proc, and another process may have its id in '{root}': name it by -Id or -Name."),
        "ProcessOfOwnProc",
        ErrorCategory.InvalidArgument,
        process);

    public static ErrorRecord PathWithCgroup() => new(
        new PSInvalidOperationException("A saved copy of kpageflags says nothing of the cgroups that frames were charged to then: -Path and -Cgroup cannot be used together."),
        "SavedFlagsAndCgroup",
        ErrorCategory.InvalidArgument,
        null);

    public static ErrorRecord PlatformNotSupported() => new(
        new PlatformNotSupportedException("PagemapTools reads the Linux kernel's pagemap interface; this operating system has none."),
        "PlatformNotSupported",
        ErrorCategory.NotImplemented,
        Environment.OSVersion.Platform);

    public static ErrorRecord ProcPathNotFound(string path) => new(
        new ItemNotFoundException($"There is no proc file system at '{path}'."),
        "ProcPathNotFound",
        ErrorCategory.ObjectNotFound,
        path);

    public static ErrorRecord ProcPathNotProc(string path) => new(
        new PSInvalidOperationException($"'{path}' is no proc file system. To read a saved tree, use -AllowSavedTree."),
        "ProcPathNotProc",
        ErrorCategory.InvalidArgument,
        path);

    public static ErrorRecord CgroupNotFound(string cgroup, string? hierarchy) => new(
        new ItemNotFoundException($"There is no memory cgroup '{cgroup}': give the inode of its directory, its whole path, or its path below '{hierarchy}'."),
        "CgroupNotFound",
        ErrorCategory.ObjectNotFound,
        cgroup);
}
