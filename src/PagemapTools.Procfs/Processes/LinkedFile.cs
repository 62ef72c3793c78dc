using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Opens a file that another process maps or has open, through a link of proc: /proc/PID/map_files/RANGE or /proc/PID/fd/N.
/// </summary>
/// <remarks>
/// The process can put another file behind the link at any moment, for example a device that acts when it is opened, or a file of a FUSE
/// server that hangs: not even SIGKILL ends its open (fs/fuse/dev.c, request_wait_answer). So the link is followed once, with O_PATH. The file
/// of that handle is checked, and the same handle is opened for reading.
/// </remarks>
internal static class LinkedFile
{
    /// <summary>Opens the file behind a link for reading; on failure the handle is invalid, and <paramref name="errno"/> has the reason.</summary>
    /// <param name="link">The link.</param>
    /// <param name="processId">Its process.</param>
    /// <param name="isLocal">Whether a file is on a file system without a server.</param>
    /// <param name="file">What statx says of the file behind the link.</param>
    /// <param name="errno">
    /// The number of the call that failed; ENODEV for a file that is not opened because of its type, EREMOTE for one whose file system may
    /// have a server. EAGAIN: another process has a write lease on the file.
    /// </param>
    /// <param name="acceptsBlockDevice">Whether a block device is opened, too.</param>
    /// <exception cref="ProcfsException">The machine lacks descriptors or memory.</exception>
    public static SafeFileHandle Open(
        string link, int processId, Func<Statx.FileIdentity, bool> isLocal, out Statx.FileIdentity file, out int errno, bool acceptsBlockDevice = false)
    {
        using SafeFileHandle unopened = FileIO.OpenPath(link, out errno);
        ProcText.ThrowIfExhausted(link, errno, processId);
        file = errno == 0 ? Statx.GetByHandle(unopened) ?? default : default;
        errno = errno != 0 ? errno
            : file.Type != Statx.FileType.Regular && !(acceptsBlockDevice && file.Type == Statx.FileType.BlockDevice) ? Errno.ENODEV
            : !isLocal(file) ? Errno.EREMOTE
            : 0;
        if (errno != 0)
        {
            return new SafeFileHandle(-1, ownsHandle: false);
        }

        SafeFileHandle handle = FileIO.Reopen(unopened, out errno);
        ProcText.ThrowIfExhausted(link, errno, processId);
        return handle;
    }
}
