namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Reads the beginnings of command lines. Another user can make a command line of any length (PR_SET_MM_MAP), so no more than
/// <see cref="MaxLength"/> bytes of it are read.
/// </summary>
internal static class CommandLines
{
    /// <summary>The number of bytes that are read.</summary>
    public const int MaxLength = ProcText.SmallFileSize;

    /// <summary>Reads the arguments, each with a NUL at its end; empty if the process has none, or if they cannot be read.</summary>
    public static ReadOnlySpan<byte> Read(ProcRoot root, int processId, Span<byte> buffer)
    {
        int length = ProcText.Read(root, root.GetPath(processId, "cmdline"), buffer, out _, processId);
        return length < 0 ? [] : buffer[..length];
    }

    /// <summary>Joins the arguments with spaces, as ps does; null if there are none.</summary>
    public static string? Format(ReadOnlySpan<byte> arguments)
    {
        ReadOnlySpan<byte> whole = arguments.TrimEnd((byte)0);
        return whole.IsEmpty ? null : SeqFileText.Decode(whole).Replace('\0', ' ');
    }
}
