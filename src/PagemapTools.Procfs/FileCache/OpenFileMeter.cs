using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.FileCache;

/// <summary>
/// Measures the regular files that processes map or hold, each once, through the links of the first process that has it: a file may have no
/// name, or a name in another mount namespace. If that process lets go of the file before it is opened, others that have it are read again.
/// </summary>
internal sealed class OpenFileMeter(ProcfsContext procfs, FileCacheQuery query, FileProbe probe)
{
    // Of the others that have a file, these many are tried.
    private const int MaxOthers = 3;

    private readonly HoldingsReader _holdings = FileUsers.CreateReader(procfs);
    private readonly ConcurrentDictionary<FileKey, int> _claimed = new();
    private readonly ConcurrentBag<FileKey> _lost = [];
    private HashSet<FileKey>? _wanted;
    private readonly ulong _ownMounts = Statx.GetByLink("/proc/self/ns/mnt")?.Inode ?? 0;

    /// <summary>What a process uses, and the files of it that were measured.</summary>
    private sealed record ProcessFiles(ProcessHoldings Holdings, List<FileCacheInfo> Files, List<ProcfsException> Failures)
    {
        /// <summary>The number of files that were not opened, because their file systems may have a server.</summary>
        public int Unopened { get; set; }

        /// <summary>Whether the failure is normal for files that nobody named: they belong to another user.</summary>
        public static bool IsExpected(ProcfsException failure) => failure.Error == ProcfsError.FileAccessDenied;
    }

    /// <summary>Measures the files. They are returned after all processes have been read, because only then their users are known.</summary>
    public IEnumerable<FileCacheInfo> Measure(IProgress<int>? progress, CancellationToken cancellationToken)
    {
        FileUsers users = new();
        List<FileCacheInfo> files = [];
        HashSet<int> unread = [];
        int done = 0;
        foreach (TargetResult<ProcessFiles> result in TargetRun.ReadEach(procfs.Root, procfs.Root.GetProcessIds(), Read, query.Run, cancellationToken))
        {
            if (result.Value is { } process)
            {
                users.Add(result.ProcessId, process.Holdings);
                Take(process);
            }
            else
            {
                users.Add(result.Failure!);
                unread.Add(result.ProcessId);
            }

            progress?.Report(++done);
        }

        _wanted = [.. _lost, .. _claimed.Where(claim => unread.Contains(claim.Value)).Select(claim => claim.Key)];
        int[] others = [.. _wanted.SelectMany(file => _claimed.TryRemove(file, out int first) ? users.GetOthers(file, first).Take(MaxOthers) : []).Distinct().Order()];
        foreach (TargetResult<ProcessFiles> result in TargetRun.ReadEach(procfs.Root, others, Read, query.Run, cancellationToken))
        {
            Take(result.Value);
        }

        query.OnProcessesRead?.Invoke(users.Limits);
        foreach (FileCacheInfo file in files)
        {
            yield return users.Complete(file);
        }

        void Take(ProcessFiles? process)
        {
            users.Limits.UnopenedFiles += process?.Unopened ?? 0;
            files.AddRange(process?.Files ?? []);
            foreach (ProcfsException failure in process?.Failures ?? [])
            {
                users.Limits.HiddenFiles += ProcessFiles.IsExpected(failure) ? 1 : 0;
                (ProcessFiles.IsExpected(failure) ? null : query.OnFailure)?.Invoke(failure);
            }
        }
    }

    // Runs on several threads. A file is measured by the thread that first has it.
    private ProcessFiles Read(int processId, CancellationToken cancellationToken)
    {
        ProcessFiles process = new(_holdings.Read(processId, cancellationToken), [], []);
        int? namespaceProcess = Statx.GetByLink(procfs.Root.GetPath(processId, "ns/mnt"))?.Inode is { } mounts && mounts != _ownMounts ? processId : null;
        foreach (Holding holding in process.Holdings.Files)
        {
            cancellationToken.ThrowIfCancellationRequested();
            FileKey key = FileUsers.Identify(holding);
            if (holding.Identity is { Type: Statx.FileType.Regular } identity
                && _wanted?.Contains(key) != false
                && query.NameFilter?.Invoke(holding.Name[(holding.Name.LastIndexOf('/') + 1)..]) != false
                && _claimed.TryAdd(key, processId))
            {
                Measure(process, holding, key, identity, namespaceProcess, cancellationToken);
            }
        }

        return process;
    }

    private void Measure(ProcessFiles process, Holding holding, FileKey key, Statx.FileIdentity identity, int? namespaceProcess, CancellationToken cancellationToken)
    {
        try
        {
            FileLink link = holding.Link;
            using SafeFileHandle file = LinkedFile.Open(
                link.Path, link.ProcessId, behind => procfs.Devices.IsLocal(link.ProcessId, behind), out Statx.FileIdentity details, out int errno);
            process.Unopened += errno == Errno.EREMOTE ? 1 : 0;
            bool isGone = errno is Errno.ENOENT or Errno.ESRCH or Errno.ENODEV || (errno == 0 && (details.Device, details.Inode) != (identity.Device, identity.Inode));
            if (isGone)
            {
                _lost.Add(key);
            }

            if (isGone || errno == Errno.EREMOTE)
            {
                return;
            }

            FileCacheInfo measured = errno == 0 ? probe.Measure(file, holding.Name, details, cancellationToken) : throw FileErrors.Unopened(holding.Name, errno);
            (measured.NamespaceProcessId, measured.Key) = (namespaceProcess, key);
            process.Files.Add(measured);
        }
        catch (ProcfsException failure)
        {
            process.Failures.Add(failure);
        }
    }
}
