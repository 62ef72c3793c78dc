using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Holdings;

namespace PagemapTools.Procfs.FileCache;

/// <summary>
/// Measures the regular files that processes map or hold, each once, through the links of the first process that has it: a file may have no
/// name, or a name in another mount namespace.
/// </summary>
internal sealed class OpenFileMeter(ProcfsContext procfs, FileCacheQuery query, FileProbe probe)
{
    private readonly HoldingsReader _holdings = FileUsers.CreateReader(procfs);
    private readonly ConcurrentDictionary<FileKey, int> _claimed = new();
    private readonly ulong _ownMounts = Statx.GetByLink("/proc/self/ns/mnt")?.Inode ?? 0;

    /// <summary>What a process uses, and the files of it that were measured.</summary>
    private sealed record ProcessFiles(ProcessHoldings Holdings, List<FileCacheInfo> Files, List<ProcfsException> Failures, int Unopened)
    {
        /// <summary>Whether the failure is normal for files that nobody named: they belong to another user.</summary>
        public static bool IsExpected(ProcfsException failure) => failure.Error == ProcfsError.FileAccessDenied;
    }

    /// <summary>Measures the files. They are returned after all processes have been read, because only then their users are known.</summary>
    public IEnumerable<FileCacheInfo> Measure(IProgress<int>? progress, CancellationToken cancellationToken)
    {
        FileUsers users = new();
        List<FileCacheInfo> files = [];
        int done = 0;
        foreach (TargetResult<ProcessFiles> result in TargetRun.ReadEach(procfs.Root, procfs.Root.GetProcessIds(), Read, query.Run, cancellationToken))
        {
            if (result.Value is { } process)
            {
                users.Add(result.ProcessId, process.Holdings);
                users.Limits.UnopenedFiles += process.Unopened;
                files.AddRange(process.Files);
                users.Limits.HiddenFiles += process.Failures.Count(ProcessFiles.IsExpected);
                process.Failures.Where(failure => !ProcessFiles.IsExpected(failure)).ToList().ForEach(failure => query.OnFailure?.Invoke(failure));
            }
            else
            {
                users.Add(result.Failure!);
            }

            progress?.Report(++done);
        }

        query.OnProcessesRead?.Invoke(users.Limits);
        foreach (FileCacheInfo file in files)
        {
            yield return users.Complete(file);
        }
    }

    // Runs on several threads. A file is measured by the thread that first has it; if its process does not answer, the file is missing.
    private ProcessFiles Read(int processId, CancellationToken cancellationToken)
    {
        ProcessFiles process = new(_holdings.Read(processId, cancellationToken), [], [], 0);
        int unopened = 0;
        int? namespaceProcess = Statx.GetByLink(procfs.Root.GetPath(processId, "ns/mnt"))?.Inode is { } mounts && mounts != _ownMounts ? processId : null;
        foreach (Holding holding in process.Holdings.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (holding.Identity is not { Type: Statx.FileType.Regular } details
                || query.NameFilter?.Invoke(holding.Name[(holding.Name.LastIndexOf('/') + 1)..]) == false
                || !_claimed.TryAdd(FileUsers.Identify(holding), processId))
            {
                continue;
            }

            if (!procfs.Devices.IsLocal(processId, details))
            {
                unopened++;
                continue;
            }

            Measure(process, holding, details, namespaceProcess, cancellationToken);
        }

        return process with { Unopened = unopened };
    }

    private void Measure(ProcessFiles process, Holding holding, in Statx.FileIdentity details, int? namespaceProcess, CancellationToken cancellationToken)
    {
        using SafeFileHandle file = FileIO.OpenForReadingNonBlocking(holding.Link.Path, out int errno);
        if (errno == Errno.ENOENT)
        {
            // The process has let go of the file.
            return;
        }

        try
        {
            FileCacheInfo measured = errno == 0 ? probe.Measure(file, holding.Name, details, cancellationToken) : throw FileErrors.Unopened(holding.Name, errno);
            (measured.NamespaceProcessId, measured.Key) = (namespaceProcess, FileUsers.Identify(holding));
            process.Files.Add(measured);
        }
        catch (ProcfsException failure)
        {
            process.Failures.Add(failure);
        }
    }
}
