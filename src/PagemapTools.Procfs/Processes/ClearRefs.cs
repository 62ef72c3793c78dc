using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>Clears bits of all pages of a process through /proc/PID/clear_refs (Documentation/filesystems/proc.rst, 3.5).</summary>
internal static class ClearRefs
{
    public const string FileName = "clear_refs";

    /// <summary>The bits that the processor and the kernel set when a page is accessed.</summary>
    public static ReadOnlySpan<byte> Referenced => "1\n"u8;

    /// <summary>The bits that the kernel sets when a page is written.</summary>
    public static ReadOnlySpan<byte> SoftDirty => "4\n"u8;

    /// <summary>Clears bits of a process.</summary>
    /// <exception cref="ProcfsException">
    /// There is no such process, it has no address space, the caller may not clear its bits, or the tree is no proc file system.
    /// </exception>
    public static void Write(ProcRoot root, int processId, ReadOnlySpan<byte> bits)
    {
        int threadId = ThreadGroup.FindLiveThread(root, processId) ?? processId;

        // For a kernel thread or a zombie the kernel accepts the command and does nothing (fs/proc/task_mmu.c, clear_refs_write).
        if (threadId == processId && ProcessErrors.NoAddressSpaceOrNull(root, processId, FileName, Errno.ESRCH) is { } failure)
        {
            throw failure;
        }

        if (!root.IsProcFileSystem)
        {
            string path = root.GetPath(processId, FileName);
            throw new ProcfsException(ProcfsError.ReadFailed, $"'{path}' is not written: the tree is no proc file system.", path, processId);
        }

        using SafeFileHandle file = FileIO.OpenForWriting(root.GetPath(threadId, FileName), out int errno);
        errno = file.IsInvalid ? errno : FileIO.Write(file, bits);
        if (errno != 0)
        {
            throw ProcessErrors.FromErrno(root, processId, FileName, errno);
        }
    }
}
