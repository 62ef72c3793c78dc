using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>One process of each mount namespace and each IPC namespace.</summary>
/// <param name="Mount">The processes, by mount namespace; the own namespace first.</param>
/// <param name="Ipc">The processes, by IPC namespace.</param>
/// <param name="OwnMount">The mount namespace of the caller.</param>
/// <param name="OwnIpc">The IPC namespace of the caller.</param>
internal sealed record NamespaceSurvey(IReadOnlyList<KeyValuePair<ulong, int>> Mount, IReadOnlyDictionary<ulong, int> Ipc, ulong OwnMount, ulong OwnIpc)
{
    /// <summary>Reads the namespaces of processes. A process whose namespaces the caller may not see, or that does not answer, is left out.</summary>
    public static NamespaceSurvey Read(ProcfsContext procfs, IEnumerable<int> processIds, TargetRunOptions? options, CancellationToken cancellationToken)
    {
        ProcRoot root = procfs.Root;
        ulong ownMount = GetInode("/proc/self/ns/mnt") ?? 0;
        ulong ownIpc = GetInode("/proc/self/ns/ipc") ?? 0;
        Dictionary<ulong, int> mounts = [];
        Dictionary<ulong, int> ipcs = [];
        if (root.IsDefault)
        {
            mounts[ownMount] = Environment.ProcessId;
        }

        // A process in exec can hold up those who follow the links.
        foreach ((int id, (ulong? mount, ulong? ipc), _) in TargetRun.ReadEach(
            root, root.IsProcFileSystem ? processIds : [], (id, _) => (GetInode(root.GetPath(id, "ns/mnt")), GetInode(root.GetPath(id, "ns/ipc"))), options, cancellationToken))
        {
            AddFirst(mounts, mount, id);
            AddFirst(ipcs, ipc, id);
        }

        return new NamespaceSurvey([.. mounts.OrderByDescending(each => each.Key == ownMount).ThenBy(each => each.Value)], ipcs, ownMount, ownIpc);
    }

    private static ulong? GetInode(string link) => Statx.GetByLink(link)?.Inode;

    private static void AddFirst(Dictionary<ulong, int> found, ulong? inode, int processId)
    {
        if (inode is { } key)
        {
            found.TryAdd(key, processId);
        }
    }
}
