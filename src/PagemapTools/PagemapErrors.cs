using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>Makes every error record of the module. The ids are part of its contract; about_PagemapTools lists them.</summary>
internal static class PagemapErrors
{
    /// <summary>Makes the record of a failure of the pagemap interface.</summary>
    public static ErrorRecord ToRecord(this ProcfsException failure)
    {
        (string id, ErrorCategory category, object? target) = failure.Error switch
        {
            ProcfsError.ProcessNotFound => ("NoProcessFoundForGivenId", ErrorCategory.ObjectNotFound, (object?)failure.ProcessId),
            ProcfsError.NoAddressSpace => ("ProcessHasNoAddressSpace", ErrorCategory.InvalidOperation, failure.ProcessId),
            ProcfsError.ProcessAccessDenied => ("PagemapAccessDenied", ErrorCategory.PermissionDenied, failure.ProcessId),
            ProcfsError.PagemapNotAvailable => ("PagemapNotAvailable", ErrorCategory.NotInstalled, failure.Path),
            ProcfsError.PageFramesHidden => ("PageFramesHidden", ErrorCategory.PermissionDenied, failure.Path),
            ProcfsError.TimedOut when failure.ProcessId is null => ("FileTimedOut", ErrorCategory.OperationTimeout, failure.Path),
            ProcfsError.TimedOut => ("ProcessTimedOut", ErrorCategory.OperationTimeout, failure.ProcessId),
            ProcfsError.FileNotFound => ("PathNotFound", ErrorCategory.ObjectNotFound, failure.Path),
            ProcfsError.FileAccessDenied => ("FileAccessDenied", ErrorCategory.PermissionDenied, failure.Path),
            ProcfsError.KPageAccessDenied => ("KPageAccessDenied", ErrorCategory.PermissionDenied, failure.Path),
            ProcfsError.KPageNotAvailable => ("KPageNotAvailable", ErrorCategory.NotInstalled, failure.Path),
            ProcfsError.SoftDirtyNotSupported => ("SoftDirtyNotSupported", ErrorCategory.NotImplemented, failure.KernelRelease),
            ProcfsError.WorkingSetMethodNotSupported => ("WorkingSetMethodNotSupported", ErrorCategory.NotImplemented, failure.KernelRelease),
            ProcfsError.FrameActionNotSupported => ("KPageActionNotSupported", ErrorCategory.NotInstalled, failure.Path),
            ProcfsError.SnapshotNotFound => ("SnapshotNotFound", ErrorCategory.ObjectNotFound, failure.Path),
            ProcfsError.SnapshotHostUnknown => ("SnapshotHostUnknown", ErrorCategory.InvalidArgument, failure.Path),
            ProcfsError.SnapshotNotSupported => ("SnapshotNotSupported", ErrorCategory.NotImplemented, failure.Path),
            ProcfsError.SnapshotNotReadable => ("SnapshotNotReadable", ErrorCategory.InvalidData, failure.Path),
            ProcfsError.PlatformNotSupported => ("PlatformNotSupported", ErrorCategory.NotImplemented, failure.Path),
            _ => ("PagemapReadFailed", ErrorCategory.ReadError, (object?)failure.ProcessId ?? failure.Path),
        };
        return Create(failure, id, category, target);
    }

    /// <summary>Whether the failure concerns one process only, so that the cmdlet continues with the next target.</summary>
    public static bool IsPerProcess(this ProcfsException failure) => failure.ProcessId is not null;

    public static ErrorRecord NoProcessFoundForGivenName(string name) =>
        NotFound("NoProcessFoundForGivenName", $"There is no process with the name '{name}'.", name);

    public static ErrorRecord ProcPathNotFound(string path) =>
        NotFound("ProcPathNotFound", $"There is no proc file system at '{path}'.", path);

    public static ErrorRecord PathNotFound(string path) => NotFound("PathNotFound", $"There is no file '{path}'.", path);

    public static ErrorRecord CgroupNotFound(string cgroup, string? hierarchy) => NotFound(
        "CgroupNotFound",
        $"There is no memory cgroup '{cgroup}'. Specify the inode of its directory, its full path, or its path below '{hierarchy}'.",
        cgroup);

    public static ErrorRecord ExclusiveAndShared() =>
        Conflict("ExclusiveAndShared", "A page is either exclusive or shared: -Exclusive and -Shared cannot be used together.");

    public static ErrorRecord ContinuousAndMaxSamples() =>
        Conflict("ContinuousAndMaxSamples", "-Continuous takes samples without end: -Continuous and -MaxSamples cannot be used together.");

    public static ErrorRecord NoPageFrames(bool hasPath = false) => Conflict(
        "NoPageFrames", $"Specify page frames: -Pfn, -PhysicalAddress,{(hasPath ? " -Path," : string.Empty)} or pages from the pipeline.");

    public static ErrorRecord NoProcesses() => Conflict(
        "NoProcesses", "A measurement changes bits of all pages of its targets, so it has no default: specify processes by -Name, -Id or -InputObject.");

    public static ErrorRecord GroupOfMappings(string parameter) =>
        Conflict("GroupOfMappings", $"-Together and -GroupBy measure whole processes, by the map counts of their page frames: {parameter} cannot be used with them.");

    public static ErrorRecord NodeOfMappings() =>
        Conflict("NodeOfMappings", "-ByNode walks the pages of whole processes: -ByMapping and -Method Rollup cannot be used with it.");

    public static ErrorRecord ByKindAndByNode() =>
        Conflict("ByKindAndByNode", "A summary by node has the kinds as properties: -ByKind and -ByNode cannot be used together.");

    public static ErrorRecord TogetherAndGroupBy() =>
        Conflict("TogetherAndGroupBy", "-Together makes one group, -GroupBy makes several: they cannot be used together.");

    public static ErrorRecord ProcPathNotProc(string path) =>
        Conflict("ProcPathNotProc", $"'{path}' is no proc file system. To read a saved tree, use -AllowSavedTree.", path);

    public static ErrorRecord PageSizeNotUsable(string value, ProcRoot root) => Conflict(
        "PageSizeNotUsable",
        root.IsProcFileSystem
            ? $"The environment variable {PageGeometry.EnvironmentVariable} is '{value}'. It is for saved trees; '{root.Path}' is the kernel's own."
            : $"The environment variable {PageGeometry.EnvironmentVariable} is '{value}', which was no page size when the module was loaded.",
        value);

    public static ErrorRecord NoDifferenceId() =>
        Conflict("NoDifferenceId", "The process that is compared is unknown: specify -DifferenceId. Only pages in -Reference name their process.");

    public static ErrorRecord InvalidReferencePages(string message) => Conflict("InvalidReferencePages", message);

    public static ErrorRecord PathWithCgroup() => Conflict(
        "SavedFlagsAndCgroup",
        "A saved copy of kpageflags does not contain the map counts and cgroups of its page frames: -Path cannot be used with -Cgroup, or with -Include MapCount or Cgroup.");

    public static ErrorRecord ProcessObjectFromOtherProc(Process process, string root) => Conflict(
        "ProcessOfOwnProc",
        $"Process {process.Id} ({process.ProcessName}) comes from /proc. Its id may belong to another process in '{root}': specify -Id or -Name instead.",
        process);

    public static ErrorRecord NoSnapshot() =>
        Conflict("NoSnapshot", "-HostName and -Time select a snapshot: specify -Snapshot, the directory that has it.");

    public static ErrorRecord NoPromFile(string path) =>
        Conflict("NoPromFile", $"The textfile collector reads only files whose names end in .prom: '{path}' does not.", path);

    public static ErrorRecord FileNotWritten(string path, Exception cause) => Create(
        new IOException(VisibleText.Escape($"'{path}' cannot be written: {cause.Message} A file that was there before is unchanged."), cause),
        "FileNotWritten",
        cause is UnauthorizedAccessException ? ErrorCategory.PermissionDenied : ErrorCategory.WriteError,
        path);

    public static ErrorRecord PlatformNotSupported() => Create(
        new PlatformNotSupportedException("PagemapTools reads the Linux kernel's pagemap interface; this operating system has none."),
        "PlatformNotSupported",
        ErrorCategory.NotImplemented,
        Environment.OSVersion.Platform);

    private static ErrorRecord NotFound(string id, string message, string target) =>
        Create(new ItemNotFoundException(VisibleText.Escape(message)), id, ErrorCategory.ObjectNotFound, target);

    private static ErrorRecord Conflict(string id, string message, object? target = null) =>
        Create(new PSInvalidOperationException(VisibleText.Escape(message)), id, ErrorCategory.InvalidArgument, target);

    // $ErrorView = 'CategoryView' shows the target's text.
    private static ErrorRecord Create(Exception exception, string id, ErrorCategory category, object? target)
    {
        ErrorRecord record = new(exception, id, category, target);
        record.CategoryInfo.TargetName = VisibleText.Escape(record.CategoryInfo.TargetName);
        return record;
    }
}
