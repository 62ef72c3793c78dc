namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Reads the names of processes as System.Diagnostics.Process shows them. The kernel stores 15 bytes of a name (TASK_COMM_LEN). The
/// command line completes a name of that length, if one of its first two arguments begins with the same bytes.
/// </summary>
internal static class ProcessNames
{
    private const int KernelNameLength = 15;

    // For a kernel thread comm also contains the work queue, in at most 64 bytes (fs/proc/array.c, proc_task_name).
    private const int MaxNameLength = 256;

    /// <summary>Reads the name of a process before one of its other files is read.</summary>
    /// <exception cref="ProcfsException">There is no such process, or proc hides it from the caller.</exception>
    public static string GetOrThrow(ProcRoot root, int processId, string file) =>
        TryRead(root, processId, out int errno) ?? throw ProcessErrors.FromErrno(root, processId, file, errno);

    /// <summary>Reads the name; null if it cannot be read (<paramref name="errno"/> has the reason).</summary>
    public static string? TryRead(ProcRoot root, int processId, out int errno)
    {
        Span<byte> buffer = stackalloc byte[MaxNameLength];
        int length = ProcText.Read(root, root.GetPath(processId, "comm"), buffer, out errno, processId);
        if (length < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> name = buffer[..length].TrimEnd((byte)'\n');
        return name.Length < KernelNameLength ? SeqFileText.Decode(name) : Complete(root, processId, name);
    }

    private static string Complete(ProcRoot root, int processId, ReadOnlySpan<byte> name)
    {
        Span<byte> buffer = stackalloc byte[ProcText.SmallFileSize];
        int length = ProcText.Read(root, root.GetPath(processId, "cmdline"), buffer, out _, processId);
        ReadOnlySpan<byte> rest = length < 0 ? [] : buffer[..length];

        // If the first argument is an interpreter, the second is its script. An argument that does not end within the buffer is not used.
        for (int i = 0; i < 2 && !rest.IsEmpty; i++)
        {
            int end = rest.IndexOf((byte)0);
            if (end < 0 && length == buffer.Length)
            {
                break;
            }

            ReadOnlySpan<byte> argument = end < 0 ? rest : rest[..end];
            ReadOnlySpan<byte> file = argument[(argument.LastIndexOf((byte)'/') + 1)..];
            if (file.StartsWith(name))
            {
                return SeqFileText.Decode(file);
            }

            rest = end < 0 ? [] : rest[(end + 1)..];
        }

        return SeqFileText.Decode(name);
    }
}
