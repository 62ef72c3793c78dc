using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// The System V segments of the caller's IPC namespace that the kernel destroys when the last process detaches (IPC_RMID, or
/// kernel.shm_rmid_forced). /proc/sysvipc shows the namespace of the process that reads it (ipc/shm.c, sysvipc_shm_proc_show).
/// </summary>
internal sealed class SharedSegments
{
    // SHM_DEST (include/linux/shm.h), in the permissions.
    private const ulong DestroyedOnDetach = 0x200;

    private readonly HashSet<ulong> _destroyed = [];

    private SharedSegments(ulong? ipcNamespace)
    {
        IpcNamespace = ipcNamespace;
    }

    /// <summary>The inode of the caller's IPC namespace; null if the segments or the namespace cannot be read.</summary>
    public ulong? IpcNamespace { get; private init; }

    /// <summary>Whether a segment of this namespace goes when the last process detaches.</summary>
    public bool IsDestroyedOnDetach(ulong segment) => _destroyed.Contains(segment);

    /// <summary>Reads the segments.</summary>
    public static SharedSegments Read(ProcRoot root)
    {
        string path = root.GetPath("sysvipc/shm");
        SharedSegments segments = new(Statx.GetByLink("/proc/self/ns/ipc")?.Inode);
        bool isForced = ProcText.TryReadSmall(root, root.GetPath("sys/kernel/shm_rmid_forced")) == "1";
        using SafeFileHandle file = root.OpenFile(path, out int errno);
        using ProcLineReader lines = new(file, path);
        while (errno == 0 && lines.MoveNext())
        {
            // Columns: key shmid perms size cpid lpid nattch ..., padded with spaces. The first line has their names.
            ReadOnlySpan<byte> rest = lines.Line;
            if (!TakeColumn(ref rest).IsEmpty && ProcNumber.TryParse(TakeColumn(ref rest), out ulong id)
                && ProcNumber.TryParseOctal(TakeColumn(ref rest), out ulong permissions) && (isForced || (permissions & DestroyedOnDetach) != 0))
            {
                segments._destroyed.Add(id);
            }
        }

        return errno == 0 ? segments : new SharedSegments(ipcNamespace: null);
    }

    private static ReadOnlySpan<byte> TakeColumn(ref ReadOnlySpan<byte> rest)
    {
        ReadOnlySpan<byte> line = rest.TrimStart((byte)' ');
        int end = line.IndexOf((byte)' ');
        rest = end < 0 ? [] : line[end..];
        return end < 0 ? line : line[..end];
    }
}
