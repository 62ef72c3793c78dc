using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>One reading of the shared memory of a machine.</summary>
internal sealed class SharedMemoryReader(ProcfsContext procfs, TargetRunOptions? options, CancellationToken cancellationToken)
{
    private const string PrivateHugePages = "/anon_hugepage";

    private readonly ObjectTable _table = new();
    private readonly ObjectFactory _factory = new(procfs, cancellationToken);
    private readonly SwappedPages _swapped = new(procfs);
    private long _resident;

    public SharedMemoryLimits Limits { get; } = new();

    public IEnumerable<SharedMemoryObject> Read(IProgress<int>? progress)
    {
        IReadOnlyList<int> ids = procfs.Root.GetProcessIds();
        NamespaceSurvey namespaces = NamespaceSurvey.Read(procfs, ids, options, cancellationToken);
        List<SharedMount> mounts = ReadMounts(namespaces);
        Dictionary<(uint Major, uint Minor), BackingStore> devices = new(procfs.Devices.KernelDevices);
        mounts.ForEach(mount => devices.TryAdd(mount.Device, mount.Store));
        ReadProcesses(ids, devices, progress);
        IEnumerable<SharedMemoryObject> all = ReadSegments(namespaces, devices)
            .Concat(mounts.GroupBy(mount => mount.Device).SelectMany(ReadFileSystem))
            .Concat(ReadOthers(devices, mounts));
        foreach (SharedMemoryObject item in all)
        {
            _resident += item.Resident ?? 0;
            yield return item;
        }

        if (TryRead(() => MemoryInfo.ReadShmem(procfs.Root), out long? shmem) && shmem - _resident is > 0 and long rest)
        {
            yield return new SharedMemoryObject { Kind = SharedMemoryKind.Unattributed, Resident = rest };
        }
    }

    private List<SharedMount> ReadMounts(NamespaceSurvey namespaces)
    {
        int own = namespaces.Mount.FirstOrDefault(each => each.Key == namespaces.OwnMount).Value;
        List<SharedMount> mounts = [];
        foreach (TargetResult<IReadOnlyList<SharedMount>> result in TargetRun.ReadEach(
            procfs.Root, namespaces.Mount.Select(each => each.Value), (id, token) => MountTable.Read(procfs.Root, id, isOwn: id == own, token), options, cancellationToken))
        {
            mounts.AddRange(result.Value ?? []);
            Limits.FailureList.AddRange(result.Failure is { } failure ? [failure] : []);
        }

        return mounts;
    }

    private void ReadProcesses(IReadOnlyList<int> ids, Dictionary<(uint Major, uint Minor), BackingStore> devices, IProgress<int>? progress)
    {
        // A private mapping of hugetlb pages is no shared memory, although the kernel names it as a file.
        HoldingsReader reader = new(
            procfs.Root,
            mapping => mapping.HasFile && devices.ContainsKey((mapping.DeviceMajor, mapping.DeviceMinor)) && mapping.Path is not null && (mapping.IsShared || mapping.Path != PrivateHugePages),
            file => devices.ContainsKey(file.Device));
        int done = 0;
        foreach (TargetResult<ProcessHoldings> result in TargetRun.ReadEach(procfs.Root, ids, reader.Read, options, cancellationToken))
        {
            if (result.Value is { } process)
            {
                _table.Add(result.ProcessId, process);
                Limits.UnexaminedMappings += process.UnexaminedCount;
            }

            Limits.FailureList.AddRange((result.Failure ?? result.Value?.Failure) is { } failure ? [failure] : []);

            progress?.Report(++done);
        }
    }

    private IEnumerable<SharedMemoryObject> ReadSegments(NamespaceSurvey namespaces, Dictionary<(uint Major, uint Minor), BackingStore> devices)
    {
        Dictionary<(ulong, ulong), HeldObject> attached = [];
        foreach (HeldObject held in _table.Objects.Where(held => held.First.IsSegment))
        {
            attached.TryAdd((held.First.Key.IpcNamespace, held.First.Key.Inode), held);
        }

        foreach ((ulong ipc, int? processId) in namespaces.Ipc.Where(each => each.Key != namespaces.OwnIpc).Select(each => (each.Key, (int?)each.Value)).Prepend((namespaces.OwnIpc, null)))
        {
            cancellationToken.ThrowIfCancellationRequested();
            bool isRead = TryRead(() => processId is { } id ? SystemVSegments.ReadOf(procfs.Root, id) : SystemVSegments.Read(procfs.Root), out List<SystemVSegment>? segments);
            Limits.UnlistedIpcNamespaces += isRead && segments is null && processId is not null ? 1 : 0;
            foreach (SystemVSegment segment in segments ?? [])
            {
                HeldObject? held = attached.GetValueOrDefault((ipc, (ulong)segment.Id));
                if (held is not null)
                {
                    held.IsReported = true;
                }

                if (TryRead(() => _factory.Create(segment, held, held is null ? null : devices[held.First.Key.Device], processId), out SharedMemoryObject? item))
                {
                    yield return item!;
                }
            }
        }
    }

    /// <summary>Reads the files of one file system through a mount that shows all of it, or through several that show parts; each part once.</summary>
    private IEnumerable<SharedMemoryObject> ReadFileSystem(IGrouping<(uint Major, uint Minor), SharedMount> mounts)
    {
        HashSet<ulong> seen = [];
        bool isExplained = false;
        int failures = Limits.FailureList.Count;
        SharedMount[] candidates = [.. mounts.Where(mount => mount.IsReachable).OrderBy(mount => mount.Root.Length).ThenByDescending(mount => mount.IsOwn)];
        HashSet<string> roots = new(StringComparer.Ordinal);
        foreach (SharedMount mount in candidates.Where(mount => !roots.Contains(mount.Root)))
        {
            TreeReader tree = new(procfs.Root, mount, _swapped);
            using IEnumerator<TreeFile> files = TargetRun.ReadSequence(procfs.Root, mount.ProcessId, tree.Read, options, cancellationToken).GetEnumerator();
            while (TryMoveNext(files))
            {
                TreeFile file = files.Current;
                if (candidates[0].Root == "/" && file.Identity.Links <= 1 ? true : seen.Add(file.Identity.Inode))
                {
                    HeldObject? held = _table.Find(new FileKey(mounts.Key, file.Identity.Inode));
                    if (held is not null)
                    {
                        held.IsReported = true;
                    }

                    yield return _factory.Create(file, mount, held);
                }
            }

            Limits.UnreadableDirectories += tree.UnreadableDirectories;
            Limits.FailureList.AddRange(tree.Failures);
            isExplained |= tree.IsOpened || tree.UnreadableDirectories > 0;
            if (tree.IsOpened && mount.Root == "/")
            {
                break;
            }

            // A user can mount a part as often as the kernel allows (fs.mount-max).
            if (tree.IsOpened)
            {
                roots.Add(mount.Root);
            }
        }

        Limits.UnreachableMounts += isExplained || Limits.FailureList.Count > failures ? 0 : 1;
    }

    /// <summary>Reads a part. A failure ends this part alone.</summary>
    private bool TryRead<T>(Func<T> read, out T? value)
    {
        try
        {
            value = read();
            return true;
        }
        catch (ProcfsException failure)
        {
            Limits.FailureList.Add(failure);
            value = default;
            return false;
        }
    }

    private bool TryMoveNext(IEnumerator<TreeFile> files)
    {
        try
        {
            return files.MoveNext();
        }
        catch (ProcfsException failure)
        {
            Limits.FailureList.Add(failure);
            return false;
        }
    }

    // What no tree shows: memfds, deleted files, shared anonymous memory, and files of mounts that were not read.
    private IEnumerable<SharedMemoryObject> ReadOthers(Dictionary<(uint Major, uint Minor), BackingStore> devices, List<SharedMount> mounts)
    {
        Dictionary<(uint Major, uint Minor), SharedMount> first = mounts.DistinctBy(mount => mount.Device).ToDictionary(mount => mount.Device);
        foreach (HeldObject held in _table.Objects.Where(held => !held.IsReported))
        {
            cancellationToken.ThrowIfCancellationRequested();
            _ = TryRead(() => held.Identity is { } identity ? _swapped.Count(identity, () => Open(held.Link)) : null, out long? swapped);
            yield return _factory.Create(held, swapped, devices[held.First.Key.Device], first.GetValueOrDefault(held.First.Key.Device));
        }
    }

    // A thread that was left behind leaves the handle to the garbage collector.
    private SafeFileHandle Open(FileLink link) => TargetRun.Read(
        procfs.Root,
        link.ProcessId,
        _ => LinkedFile.Open(link.Path, link.ProcessId, behind => procfs.Devices.IsLocal(link.ProcessId, behind), out Statx.FileIdentity _, out int _),
        options,
        cancellationToken);
}
