using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>Creates the objects from what each source shows.</summary>
internal sealed class ObjectFactory(ProcfsContext procfs, CancellationToken cancellationToken)
{
    private const string PosixDirectory = "/dev/shm";

    /// <summary>Creates a System V segment.</summary>
    public SharedMemoryObject Create(SystemVSegment segment, HeldObject? held, BackingStore? store, int? processId)
    {
        bool isHuge = store == BackingStore.HugePages;

        // Only a mapping shows whether a segment has hugetlb pages. Without one, a size that no hugetlb page divides tells.
        bool mayBeHuge = store is null && segment.Resident > 0 && MemoryInfo.HasHugetlbPages(procfs.Root);
        return new SharedMemoryObject
        {
            Kind = SharedMemoryKind.SystemV,
            Id = segment.Id,
            Key = segment.Key,
            NamespaceProcessId = processId,
            IsDeleted = segment.IsRemoved,
            Size = segment.Size,
            Resident = isHuge ? 0 : mayBeHuge ? null : segment.Resident,
            Swapped = segment.Swapped,
            Hugetlb = isHuge ? segment.Resident : mayBeHuge ? null : 0,
            Owner = procfs.Users.Get(segment.UserId, cancellationToken),
            MappedBy = held?.MappedBy ?? [],
            HeldBy = held?.HeldBy ?? [],
            Attached = segment.Attached,
        };
    }

    /// <summary>Creates a file that a tree shows.</summary>
    public SharedMemoryObject Create(TreeFile file, SharedMount mount, HeldObject? held) =>
        Create(file.Identity, file.Swapped, GetKind(mount), file.Path, mount.Store, held, mount.IsOwn ? null : mount.ProcessId);

    /// <summary>Creates an object that only processes show.</summary>
    public SharedMemoryObject Create(HeldObject held, long? swapped, BackingStore store, SharedMount? mount)
    {
        string name = held.First.Name;
        bool isSegment = held.First.IsSegment;
        SharedMemoryKind kind = isSegment ? SharedMemoryKind.SystemV
            : mount is not null ? GetKind(mount)
            : name.StartsWith("/memfd:", StringComparison.Ordinal) ? SharedMemoryKind.Memfd
            : name is "/dev/zero" or "/anon_hugepage" ? SharedMemoryKind.SharedAnonymous
            : SharedMemoryKind.Kernel;
        if (held.Identity is { } identity)
        {
            return Create(identity, swapped, kind, isSegment ? null : name, store, held, mount is null or { IsOwn: true } ? null : held.ProcessId, isSegment ? (int)held.First.Key.Inode : null);
        }

        return new SharedMemoryObject
        {
            Kind = kind,
            Id = isSegment ? (int)held.First.Key.Inode : null,
            Path = isSegment ? null : name,
            IsDeleted = held.First.IsDeleted,
            NamespaceProcessId = mount is null or { IsOwn: true } ? null : held.ProcessId,
            MappedBy = held.MappedBy,
            HeldBy = held.HeldBy,
        };
    }

    private SharedMemoryObject Create(
        Statx.FileIdentity file, long? swapped, SharedMemoryKind kind, string? path, BackingStore store, HeldObject? held, int? processId, int? id = null)
    {
        long allocated = (long)file.Blocks * Statx.BlockSize;
        bool isHuge = store == BackingStore.HugePages;
        return new SharedMemoryObject
        {
            Kind = kind,
            Id = id,
            Path = path,
            NamespaceProcessId = processId,
            IsDeleted = file.Links == 0,
            Size = (long)file.Size,
            Resident = isHuge ? 0 : Math.Max(0, allocated - swapped.GetValueOrDefault(allocated)) is var resident && swapped is null ? null : resident,
            Swapped = isHuge ? 0 : swapped,
            Hugetlb = isHuge ? allocated : 0,
            Owner = procfs.Users.Get(file.UserId, cancellationToken),
            MappedBy = held?.MappedBy ?? [],
            HeldBy = held?.HeldBy ?? [],
        };
    }

    private static SharedMemoryKind GetKind(SharedMount mount) =>
        mount.Store == BackingStore.HugePages ? SharedMemoryKind.Hugetlbfs
        : mount.Path.EndsWith(PosixDirectory, StringComparison.Ordinal) ? SharedMemoryKind.Posix
        : SharedMemoryKind.Tmpfs;
}
