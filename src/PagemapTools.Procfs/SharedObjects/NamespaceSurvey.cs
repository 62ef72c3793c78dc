using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>One process of each mount namespace and each IPC namespace.</summary>
/// <param name="Mount">The processes, by mount namespace; the own namespace first.</param>
/// <param name="Ipc">The processes, by IPC namespace.</param>
/// <param name="OwnMount">The mount namespace of the caller.</param>
/// <param name="OwnIpc">The IPC namespace of the caller.</param>
internal sealed record NamespaceSurvey(IReadOnlyList<KeyValuePair<ulong, int>> Mount, IReadOnlyDictionary<ulong, int> Ipc, ulong OwnMount, ulong OwnIpc)
{
    /// <summary>Reads the namespaces of processes. A process whose namespaces the caller may not see is left out.</summary>
    public static NamespaceSurvey Read(ProcfsContext procfs, IEnumerable<int> processIds, CancellationToken cancellationToken)
    {
        ProcRoot root = procfs.Root;
        ulong ownMount = GetOwn("mnt");
        ulong ownIpc = GetOwn("ipc");
        Dictionary<ulong, int> mounts = [];
        Dictionary<ulong, int> ipcs = [];
        if (root.IsDefault)
        {
            mounts[ownMount] = Environment.ProcessId;
        }

        foreach (int id in root.IsProcFileSystem ? processIds : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            AddFirst(mounts, root, id, "mnt");
            AddFirst(ipcs, root, id, "ipc");
        }

        return new NamespaceSurvey([.. mounts.OrderByDescending(each => each.Key == ownMount).ThenBy(each => each.Value)], ipcs, ownMount, ownIpc);
    }

    private static ulong GetOwn(string name) => Statx.GetByLink($"/proc/self/ns/{name}")?.Inode ?? 0;

    private static void AddFirst(Dictionary<ulong, int> found, ProcRoot root, int processId, string name)
    {
        if (Statx.GetByLink(root.GetPath(processId, $"ns/{name}")) is { } file)
        {
            found.TryAdd(file.Inode, processId);
        }
    }
}
