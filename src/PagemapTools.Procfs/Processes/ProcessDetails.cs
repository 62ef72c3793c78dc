using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>Who a process is, and the figures that status has without a walk of its pages.</summary>
/// <param name="Name">The name, as Get-Process shows it.</param>
/// <param name="CommandLine">The beginning of the command line; null if there is none.</param>
/// <param name="UserId">The effective user id; null if the tree has no status.</param>
/// <param name="Resident">VmRSS in bytes; null for a process without an address space, or without status.</param>
/// <param name="Swap">VmSwap in bytes, which shared memory is not part of; null as for <paramref name="Resident"/>.</param>
/// <param name="PageTables">VmPTE in bytes; null as for <paramref name="Resident"/>.</param>
internal sealed record ProcessDetails(string Name, string? CommandLine, uint? UserId = null, long? Resident = null, long? Swap = null, long? PageTables = null)
{
    /// <summary>Reads the details before another file of the process is opened.</summary>
    /// <param name="root">The proc tree.</param>
    /// <param name="processId">The process.</param>
    /// <param name="file">The file that is opened next, for messages.</param>
    /// <exception cref="ProcfsException">There is no such process, or proc hides it from the caller.</exception>
    public static ProcessDetails Read(ProcRoot root, int processId, string file)
    {
        Span<byte> buffer = stackalloc byte[CommandLines.MaxLength];
        ReadOnlySpan<byte> commandLine = CommandLines.Read(root, processId, buffer);
        string name = ProcessNames.TryRead(root, processId, commandLine, out int errno) ?? throw ProcessErrors.FromErrno(root, processId, file, errno);
        return new ProcessDetails(name, CommandLines.Format(commandLine)).WithStatus(root, processId);
    }

    /// <summary>Adds the figures of status of a process, or of a thread of it.</summary>
    /// <exception cref="ProcfsException">A figure is no number or too large, or the file is longer than its bound.</exception>
    public ProcessDetails WithStatus(ProcRoot root, int threadId)
    {
        string path = root.GetPath(threadId, "status");
        ProcessDetails details = this;
        using SafeFileHandle status = root.OpenFile(path, out int errno, threadId);
        using ProcLineReader lines = new(status, path, ProcText.MaxStatusSize, threadId);
        while (errno == 0 && lines.MoveNext())
        {
            details = details.TryTake(lines.Line) ?? throw ProcText.CreateMalformed(path, lines.Line, threadId);
        }

        return details;
    }

    /// <summary>Takes the figure of a line, if it is one of those that are read; null if it is no number, or too large.</summary>
    private ProcessDetails? TryTake(ReadOnlySpan<byte> line) =>
        line.IsEmpty || line[0] is not ((byte)'U' or (byte)'V') ? this
        : line.StartsWith("VmRSS:"u8) ? ParseKibibytes(line) is { } resident ? this with { Resident = resident } : null
        : line.StartsWith("VmPTE:"u8) ? ParseKibibytes(line) is { } pageTables ? this with { PageTables = pageTables } : null
        : line.StartsWith("VmSwap:"u8) ? ParseKibibytes(line) is { } swap ? this with { Swap = swap } : null
        : line.StartsWith("Uid:\t"u8) ? ParseEffectiveUser(line) is { } userId ? this with { UserId = userId } : null
        : this;

    private static long? ParseKibibytes(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line[(line.IndexOf((byte)':') + 1)..].TrimStart(" \t"u8);
        return ProcNumber.TryTake(ref rest, (byte)' ', out ulong kibibytes, long.MaxValue / 1024) ? (long)kibibytes * 1024 : null;
    }

    // Uid has the real, the effective, the saved and the file system's user id.
    private static uint? ParseEffectiveUser(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> rest = line["Uid:\t"u8.Length..];
        return ProcNumber.TryTake(ref rest, (byte)'\t', out _) && ProcNumber.TryTake(ref rest, (byte)'\t', out ulong userId, uint.MaxValue) ? (uint)userId : null;
    }
}
