using System.Globalization;

namespace PagemapTools.Procfs.Core;

/// <summary>What a reading reads, and what can hold it up: a process, or the file system of a path.</summary>
/// <param name="Path">The directory of the process, or the path.</param>
/// <param name="ProcessId">The process; null for a path.</param>
/// <param name="LifeFile">A file of the process that can be read as long as the process exists; null if there is none.</param>
internal sealed record ReadTarget(string Path, int? ProcessId = null, string? LifeFile = null)
{
    private string Name => ProcessId is { } id ? string.Create(CultureInfo.InvariantCulture, $"Process {id}") : $"'{Path}'";

    /// <summary>Creates the target of a process. A process of a saved tree does not end.</summary>
    public static ReadTarget ForProcess(ProcRoot root, int processId) =>
        new(root.GetPath(processId, string.Empty), processId, root.IsProcFileSystem ? root.GetPath(processId, "comm") : null);

    public ProcfsException CreateTimedOut(TimeSpan timeout)
    {
        string cause = ProcessId is null ? "its file system may have a server that does not answer."
            : "something holds its memory map locked, for example a file system that does not answer. The other processes are not affected.";
        return Create(string.Create(CultureInfo.InvariantCulture, $"{Name} did not answer within {timeout.TotalSeconds:0.###} seconds: {cause}"));
    }

    public ProcfsException CreateTooManyThreads(int threads) => Create(string.Create(
        CultureInfo.InvariantCulture,
        $"{Name} was not read: {threads} threads wait for processes or file systems that do not answer. No more are started until one of them is released."));

    /// <summary>A target for which no thread can be started.</summary>
    public ProcfsException CreateNoThread() => new(
        ProcfsError.ReadFailed, $"{Name} was not read: no thread can be started, because descriptors or memory are exhausted.", Path, ProcessId, Errno.ENOMEM);

    private ProcfsException Create(string message) => new(ProcfsError.TimedOut, message, Path, ProcessId);
}
