namespace PagemapTools.Procfs.FileCache;

/// <summary>Which files of a directory are read, and what is done with failures.</summary>
public record FileTreeQuery
{
    /// <summary>Whether the directories below a directory are read, too. Links are not followed.</summary>
    public bool Recurse { get; init; }

    /// <summary>How long a process, or the file system of a path, may hold up its reading; null for the defaults.</summary>
    public TargetRunOptions? Run { get; init; }

    /// <summary>Selects files of a directory by their names; null for all. It is called on other threads than the one that enumerates.</summary>
    public Func<string, bool>? NameFilter { get; init; }

    /// <summary>
    /// Called by the thread that enumerates with the failure of one file or directory; the reading goes on. Null: the failure of a file
    /// is thrown, and ends the reading.
    /// </summary>
    public Action<ProcfsException>? OnFailure { get; init; }

    /// <summary>
    /// Called by the thread that enumerates with the path of a mount that was not entered, because its file system may have a server that
    /// does not answer, or has no page cache; null for no call. A path on such a file system is read if it is given itself.
    /// </summary>
    public Action<string>? OnSkippedMount { get; init; }
}

/// <summary>Which files are measured, and what is found out about each.</summary>
public sealed record FileCacheQuery : FileTreeQuery
{
    /// <summary>Whether all processes are searched for those that map or hold each file.</summary>
    public bool IncludeUsers { get; init; }

    /// <summary>Called by the thread that enumerates when all processes have been read, if they are; null for no call.</summary>
    public Action<FileUserLimits>? OnProcessesRead { get; init; }
}

/// <summary>What the reading of the files of processes could not see.</summary>
public sealed class FileUserLimits
{
    /// <summary>The number of processes whose descriptors, or mappings and descriptors, the caller may not read.</summary>
    public int UnreadableProcesses => FailureList.Count(failure => failure.Error == ProcfsError.ProcessAccessDenied);

    /// <summary>The number of mapped files that the caller may not examine (/proc/PID/map_files).</summary>
    public int UnexaminedMappings { get; internal set; }

    /// <summary>The number of files that were not opened, because their file system may have a server that does not answer, or has no page cache.</summary>
    public int UnopenedFiles { get; internal set; }

    /// <summary>The number of open files that the caller may not open, or whose page cache the kernel does not show to it.</summary>
    public int HiddenFiles { get; internal set; }

    /// <summary>Why processes could not be read, or not in whole: one failure for each.</summary>
    public IReadOnlyList<ProcfsException> Failures => FailureList;

    internal List<ProcfsException> FailureList { get; } = [];
}
