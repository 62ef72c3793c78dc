using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Holdings;

namespace PagemapTools.Procfs.FileCache;

/// <summary>The processes that map or hold each file. It grows with the number of files that processes use, not with their size.</summary>
internal sealed class FileUsers
{
    private readonly Dictionary<FileKey, (List<int> MappedBy, List<int> HeldBy)> _users = [];

    public FileUserLimits Limits { get; } = new();

    /// <summary>Adds what a process uses. Processes come in ascending order of their ids.</summary>
    public void Add(int processId, ProcessHoldings process)
    {
        Limits.UnexaminedMappings += process.UnexaminedCount;
        Limits.FailureList.AddRange(process.Failure is { } failure ? [failure] : []);
        foreach (Holding holding in process.Files)
        {
            // The numbers in maps are those of statx except on a stacked file system (fs/proc/task_mmu.c, Linux 6.8).
            FileKey identity = Identify(holding);
            if (!_users.TryGetValue(identity, out (List<int> MappedBy, List<int> HeldBy) users))
            {
                _users.Add(identity, users = ([], []));
            }

            if (holding.IsMapped && !users.MappedBy.Contains(processId))
            {
                users.MappedBy.Add(processId);
            }

            if (holding.IsHeld && !users.HeldBy.Contains(processId))
            {
                users.HeldBy.Add(processId);
            }
        }
    }

    /// <summary>Adds why a process could not be read.</summary>
    public void Add(ProcfsException failure) => Limits.FailureList.Add(failure);

    /// <summary>Gets the processes that have a file, besides one.</summary>
    public IEnumerable<int> GetOthers(FileKey file, int processId) =>
        _users.TryGetValue(file, out (List<int> MappedBy, List<int> HeldBy) users) ? users.MappedBy.Concat(users.HeldBy).Where(id => id != processId) : [];

    /// <summary>Sets the users of a file.</summary>
    public FileCacheInfo Complete(FileCacheInfo file)
    {
        (file.MappedBy, file.HeldBy) = _users.TryGetValue(file.Key, out (List<int> MappedBy, List<int> HeldBy) users) ? users : ([], []);
        return file;
    }

    /// <summary>Gets the key of a file: what statx says of it, else what maps says.</summary>
    public static FileKey Identify(Holding holding) =>
        holding.Identity is { } identity ? new FileKey(identity.Device, identity.Inode, holding.Key.IpcNamespace) : holding.Key;

    /// <summary>Creates the reader of all files that have a name or an inode.</summary>
    public static HoldingsReader CreateReader(ProcfsContext procfs) => new(procfs.Root, mapping => mapping.IsFileBacked, _ => true);

    /// <summary>Reads the files of all processes.</summary>
    public static FileUsers Read(ProcfsContext procfs, TargetRunOptions? options, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        FileUsers users = new();
        HoldingsReader reader = CreateReader(procfs);
        int done = 0;
        foreach (TargetResult<ProcessHoldings> result in TargetRun.ReadEach(procfs.Root, procfs.Root.GetProcessIds(), reader.Read, options, cancellationToken))
        {
            if (result.Value is { } process)
            {
                users.Add(result.ProcessId, process);
            }
            else
            {
                users.Add(result.Failure!);
            }

            progress?.Report(++done);
        }

        return users;
    }
}
