using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The names of processes as System.Diagnostics.Process gives them: the kernel keeps 15 bytes (TASK_COMM_LEN), and a name cut there
/// is completed from the command line where that begins with it.
/// </summary>
internal static class ProcessNames
{
    private const int KernelNameLength = 15;

    // The kernel shows the work queue of a kernel thread too, in at most 64 bytes (fs/proc/array.c, proc_task_name).
    private const int MaxNameLength = 256;

    /// <summary>The name of a process of which a file is to be read.</summary>
    /// <exception cref="ProcfsException">There is no such process, or it is hidden from the caller.</exception>
    public static string GetOrThrow(ProcRoot root, int processId, string file) =>
        TryRead(root, processId, out int errno) ?? throw ProcessErrors.FromErrno(root, processId, file, errno);

    /// <summary>The name; null where it cannot be read, and <paramref name="errno"/> says why.</summary>
    public static string? TryRead(ProcRoot root, int processId, out int errno)
    {
        using SafeFileHandle file = FileIO.OpenForReading(root.GetPath(processId, "comm"), out errno);
        Span<byte> bytes = stackalloc byte[MaxNameLength];
        int length = errno == 0 ? FileIO.Read(file, bytes, out errno) : -1;
        if (length < 0)
        {
            return null;
        }

        string name = SeqFileText.Decode(bytes[..length]).TrimEnd('\n');
        return name.Length < KernelNameLength ? name : CompleteName(name, root.GetPath(processId, "cmdline"));
    }

    private static string CompleteName(string name, string commandLinePath)
    {
        // The second argument is the script's name where the first is its interpreter.
        foreach (string argument in ReadArguments(commandLinePath).Take(2))
        {
            string file = argument[(argument.LastIndexOf('/') + 1)..];
            if (file.StartsWith(name, StringComparison.Ordinal))
            {
                return file;
            }
        }

        return name;
    }

    private static string[] ReadArguments(string commandLinePath)
    {
        try
        {
            return SeqFileText.Decode(File.ReadAllBytes(commandLinePath)).Split('\0', 3);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
