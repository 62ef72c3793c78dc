namespace PagemapTools.Procfs.Processes;

/// <summary>Fields of /proc/PID/stat, of a process or of a thread by its id (fs/proc/array.c, do_task_stat).</summary>
internal readonly record struct ProcessStat(char State, bool IsKernelThread, ProgramIdentity Program)
{
    private const ulong KernelThreadFlag = 0x00200000;

    // A name of at most 64 bytes and 51 numbers of at most 20 digits.
    private const int MaxSize = 2048;

    private const int StateField = 3;
    private const int FlagsField = 9;
    private const int LastField = 51;

    /// <summary>Whether the process or thread has exited: it is a zombie (Z) or dead (X).</summary>
    public bool HasEnded => State is 'Z' or 'X';

    /// <summary>Reads the file; null if it cannot be opened or read.</summary>
    /// <exception cref="ProcfsException">The file has a text that the kernel does not write.</exception>
    public static ProcessStat? TryRead(ProcRoot root, int processId)
    {
        string path = root.GetPath(processId, "stat");
        Span<byte> buffer = stackalloc byte[MaxSize];
        int length = ProcText.Read(root, path, buffer, out _, processId);
        return length < 0 ? null : Parse(buffer[..length]) ?? throw ProcText.CreateMalformed(path, buffer[..length], processId);
    }

    private static ProcessStat? Parse(ReadOnlySpan<byte> stat)
    {
        // Field 2, the name, is in parentheses and may contain spaces and parentheses.
        int nameEnd = stat.LastIndexOf(") "u8);
        ReadOnlySpan<byte> rest = nameEnd < 0 ? [] : stat[(nameEnd + 2)..];
        char state = rest.IsEmpty ? '\0' : (char)rest[0];
        ulong flags = 0;
        Span<ulong> program = stackalloc ulong[ProgramIdentity.Fields.Length];
        for (int field = StateField, known = 0; field <= LastField; field++)
        {
            int end = rest.IndexOf((byte)' ');
            if (end <= 0)
            {
                return null;
            }

            if (field == FlagsField && !ProcNumber.TryParse(rest[..end], out flags, uint.MaxValue))
            {
                return null;
            }

            if (known < program.Length && field == ProgramIdentity.Fields[known] && !ProcNumber.TryParse(rest[..end], out program[known++]))
            {
                return null;
            }

            rest = rest[(end + 1)..];
        }

        return new ProcessStat(state, (flags & KernelThreadFlag) != 0, ProgramIdentity.From(program));
    }
}
