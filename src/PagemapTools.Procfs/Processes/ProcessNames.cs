namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Reads the names of processes as System.Diagnostics.Process shows them. The kernel stores 15 bytes of a name (TASK_COMM_LEN). The
/// command line completes a name of that length, if one of its first two arguments begins with the same bytes.
/// </summary>
internal static class ProcessNames
{
    private const int KernelNameLength = 15;

    // comm is always readable; the command line takes the lock of the memory map (fs/proc/base.c, get_mm_cmdline).
    private static readonly TargetRunOptions s_completion = new() { Timeout = TimeSpan.FromMilliseconds(500) };

    // For a kernel thread comm also contains the work queue, in at most 64 bytes (fs/proc/array.c, proc_task_name).
    private const int MaxNameLength = 256;

    /// <summary>Reads the name of a process before one of its other files is read.</summary>
    /// <exception cref="ProcfsException">There is no such process, or proc hides it from the caller.</exception>
    public static string GetOrThrow(ProcRoot root, int processId, string file) =>
        TryRead(root, processId, out int errno) ?? throw ProcessErrors.FromErrno(root, processId, file, errno);

    /// <summary>Reads the name; null if it cannot be read (<paramref name="errno"/> has the reason).</summary>
    public static string? TryRead(ProcRoot root, int processId, out int errno, CancellationToken cancellationToken = default)
    {
        Span<byte> buffer = stackalloc byte[MaxNameLength];
        ReadOnlySpan<byte> name = ReadKernelName(root, processId, buffer, out errno);
        if (errno != 0)
        {
            return null;
        }

        return name.Length < KernelNameLength ? SeqFileText.Decode(name) : CompleteOrCut(root, processId, name.ToArray(), cancellationToken);
    }

    private static string CompleteOrCut(ProcRoot root, int processId, byte[] name, CancellationToken cancellationToken)
    {
        try
        {
            return TargetRun.Read(root, processId, _ => Complete(name, CommandLines.Read(root, processId, new byte[CommandLines.MaxLength])), s_completion, cancellationToken);
        }
        catch (ProcfsException failure) when (failure.Error == ProcfsError.TimedOut)
        {
            return SeqFileText.Decode(name);
        }
    }

    /// <summary>Reads the name of a process whose command line was read before.</summary>
    public static string? TryRead(ProcRoot root, int processId, ReadOnlySpan<byte> commandLine, out int errno)
    {
        Span<byte> buffer = stackalloc byte[MaxNameLength];
        ReadOnlySpan<byte> name = ReadKernelName(root, processId, buffer, out errno);
        return errno != 0 ? null : name.Length < KernelNameLength ? SeqFileText.Decode(name) : Complete(name, commandLine);
    }

    private static ReadOnlySpan<byte> ReadKernelName(ProcRoot root, int processId, Span<byte> buffer, out int errno)
    {
        int length = ProcText.Read(root, root.GetPath(processId, "comm"), buffer, out errno, processId);
        return length < 0 ? [] : buffer[..length].TrimEnd((byte)'\n');
    }

    private static string Complete(ReadOnlySpan<byte> name, ReadOnlySpan<byte> commandLine)
    {
        ReadOnlySpan<byte> rest = commandLine;

        // If the first argument is an interpreter, the second is its script. An argument that does not end within the buffer is not used.
        for (int i = 0; i < 2 && !rest.IsEmpty; i++)
        {
            int end = rest.IndexOf((byte)0);
            if (end < 0 && commandLine.Length == CommandLines.MaxLength)
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
