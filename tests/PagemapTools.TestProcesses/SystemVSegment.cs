using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses;

/// <summary>System V shared memory. A segment's id is its file's inode number (ipc/shm.c, newseg).</summary>
internal static unsafe class SystemVSegment
{
    private const int IpcPrivate = 0;
    private const int IpcCreateOwnerReadWrite = 0x200 | 0x180;
    private const int IpcRemove = 0;
    private const int Huge = 0x800;
    private const int Remap = 0x4000;

    /// <summary>Enters a new IPC namespace, in which the next segment gets id 0.</summary>
    public static void EnterNewNamespace() => Libc.Unshare(Libc.NewIpcNamespace).OrSkip("unshare(CLONE_NEWIPC)");

    /// <summary>Makes a segment and attaches it; of hugetlb pages if their size is not 0.</summary>
    public static MappedRegion Attach(Context context, long length, long hugePageSize = 0)
    {
        int flags = IpcCreateOwnerReadWrite | (hugePageSize > 0 ? Huge : 0);
        int id = Libc.GetSharedMemory(IpcPrivate, (nuint)length, flags).OrSkip("shmget");
        MappedRegion region = MappedRegion.Reserve(context, length, hugePageSize);
        _ = Libc.AttachSharedMemory(id, region.Address, Remap).OrFail("shmat");
        // The kernel removes the segment when the last process detaches or exits.
        Libc.ControlSharedMemory(id, IpcRemove, null).OrFail("shmctl(IPC_RMID)");
        return region;
    }
}
