using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// The directory of a proc tree. It is usually /proc. A container may have the host's proc mounted elsewhere, and a saved or made-up
/// tree is a plain directory.
/// </summary>
/// <remarks>
/// Anyone may have written a tree that is not a proc file system. In such a tree only regular files are opened, and nothing is written.
/// Links are not followed, neither to files nor to directories of processes.
/// </remarks>
public sealed class ProcRoot
{
    /// <summary>The environment variable that replaces the default of /proc.</summary>
    public const string EnvironmentVariable = "PAGEMAPTOOLS_PROC";

    private const string DefaultPath = "/proc";

    // PID_MAX_LIMIT (include/linux/threads.h).
    private const int MaxProcesses = 4 * 1024 * 1024;

    // The directories of proc that belong to no process: sys, fs, irq and others.
    private const int MaxOtherDirectories = 1024;

    private readonly Lazy<bool> _isProcFileSystem;

    /// <summary>Creates a root. The default path is the value of the environment variable, or /proc if the variable is not set.</summary>
    public ProcRoot(string? path = null)
    {
        string chosen = !string.IsNullOrEmpty(path) ? path
            : Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } named ? named
            : DefaultPath;
        Path = System.IO.Path.TrimEndingDirectorySeparator(chosen);
        _isProcFileSystem = new(() => Statfs.GetFileSystemType(Path) == Statfs.Proc);
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Whether this is /proc, the only tree whose process ids are those of the calling process's own system calls.</summary>
    public bool IsDefault => Path == DefaultPath;

    /// <summary>Whether the directory is on a proc file system of the kernel; false for a saved or made-up tree.</summary>
    public bool IsProcFileSystem => _isProcFileSystem.Value;

    /// <summary>The tree of the calling process.</summary>
    internal static ProcRoot Default { get; } = new(DefaultPath);

    /// <summary>Lists the visible processes in ascending order of their ids.</summary>
    /// <exception cref="ProcfsException">The directory cannot be read, or has more directories than a kernel has processes.</exception>
    public IReadOnlyList<int> GetProcessIds()
    {
        List<int> ids = [];

        // A link in a saved tree is no process.
        IReadOnlyList<string> names = ListDirectories(Path, MaxProcesses + MaxOtherDirectories, includeLinks: false);
        if (names.Count == MaxProcesses + MaxOtherDirectories)
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"'{Path}' has more than {names.Count - 1} directories, which is the bound.", Path);
        }

        foreach (string name in names)
        {
            if (ProcNumber.TryParseId(name, out int id))
            {
                ids.Add(id);
            }
        }

        ids.Sort();
        return ids;
    }

    /// <summary>Lists the names of the directories in a directory; a directory of a process that has been reaped has none.</summary>
    /// <exception cref="ProcfsException">The directory cannot be read.</exception>
    internal static IReadOnlyList<string> ListDirectories(string directory, int max, int? processId = null, bool includeLinks = true)
    {
        EnumerationOptions options = new() { AttributesToSkip = includeLinks ? default : FileAttributes.ReparsePoint, IgnoreInaccessible = false };
        try
        {
            return [.. Directory.EnumerateDirectories(directory, "*", options).Take(max).Select(path => System.IO.Path.GetFileName(path))];
        }
        catch (IOException gone) when (processId is not null && (gone is DirectoryNotFoundException || gone.HResult == Errno.ESRCH))
        {
            // The list ends with ESRCH if the process is reaped meanwhile. Another process may have the id by now, so that the path exists again.
            return [];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            // The framework's exception has the error number as its result.
            throw new ProcfsException(ProcfsError.ReadFailed, $"'{directory}' cannot be listed: {unreadable.Message}", directory, processId, Math.Max(unreadable.HResult, 0));
        }
    }

    internal string GetPath(string file) => $"{Path}/{file}";

    internal string GetPath(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"{Path}/{processId}/{file}");

    internal bool Exists(int processId) => Directory.Exists(GetPath(processId, string.Empty));

    /// <summary>Opens a file of the tree for reading; on failure the handle is invalid, and <paramref name="errno"/> has the reason.</summary>
    /// <exception cref="ProcfsException">
    /// The machine lacks descriptors or memory, or the tree is not a proc file system and the path is not a regular file.
    /// </exception>
    internal SafeFileHandle OpenFile(string path, out int errno, int? processId = null)
    {
        if (IsProcFileSystem)
        {
            SafeFileHandle file = FileIO.OpenForReading(path, out errno);
            ProcText.ThrowIfExhausted(path, errno, processId);
            return file;
        }

        return OpenSavedFile(path, out errno, processId);
    }

    private SafeFileHandle OpenSavedFile(string path, out int errno, int? processId)
    {
        using SafeFileHandle found = FindSavedFile(path, out errno, processId);
        SafeFileHandle file = found;
        if (errno == 0)
        {
            ThrowUnless(found, Statx.FileType.Regular, path, processId);
            file = FileIO.Reopen(found, out errno);
        }

        ProcText.ThrowIfExhausted(path, errno, processId);
        return file;
    }

    // O_PATH calls no driver, and O_NOFOLLOW finds a link itself. Each step is checked: a link may lead to another tree, or to a server that
    // does not answer.
    private SafeFileHandle FindSavedFile(string path, out int errno, int? processId)
    {
        SafeFileHandle found = FileIO.OpenPath(Path, out errno);
        string parent = Path;
        foreach (string name in errno == 0 ? System.IO.Path.GetRelativePath(Path, path).Split('/') : [])
        {
            using SafeFileHandle directory = found;
            ThrowUnless(directory, Statx.FileType.Directory, parent, processId);
            found = FileIO.OpenPath(directory, Encoding.UTF8.GetBytes(name), out errno);
            if (errno != 0)
            {
                break;
            }

            parent = $"{parent}/{name}";
        }

        return found;
    }

    private static void ThrowUnless(SafeFileHandle found, Statx.FileType type, string path, int? processId)
    {
        if (Statx.GetByHandle(found)?.Type != type)
        {
            throw new ProcfsException(
                ProcfsError.ReadFailed,
                $"'{path}' is no {(type == Statx.FileType.Regular ? "regular file" : "directory")}. Nothing else is opened in a tree that is no proc file system.",
                path,
                processId);
        }
    }
}
