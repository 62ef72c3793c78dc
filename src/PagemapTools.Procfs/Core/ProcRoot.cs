using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// The directory of a proc tree. It is usually /proc. A container may have the host's proc mounted elsewhere, and a saved or made-up
/// tree is a plain directory.
/// </summary>
/// <remarks>
/// Anyone may have written a tree that is not a proc file system. In such a tree only regular files are opened, links are not followed,
/// and nothing is written.
/// </remarks>
public sealed class ProcRoot
{
    /// <summary>The environment variable that replaces the default of /proc.</summary>
    public const string EnvironmentVariable = "PAGEMAPTOOLS_PROC";

    private const string DefaultPath = "/proc";

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
    /// <exception cref="ProcfsException">The directory cannot be read.</exception>
    public IReadOnlyList<int> GetProcessIds()
    {
        List<int> ids = [];
        foreach (string name in ListDirectories(Path, int.MaxValue))
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
    internal static IReadOnlyList<string> ListDirectories(string directory, int max, int? processId = null)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(directory).Take(max).Select(path => System.IO.Path.GetFileName(path))];
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

    // The type is checked before the open, because opening a device can act on it, and after the open, because the path may have changed.
    private static SafeFileHandle OpenSavedFile(string path, out int errno, int? processId)
    {
        ThrowUnlessRegular(Statx.GetByPath(path), path, processId);
        SafeFileHandle file = FileIO.OpenForReadingNoFollow(path, out errno);
        ProcText.ThrowIfExhausted(path, errno, processId);
        try
        {
            ThrowUnlessRegular(errno == 0 ? Statx.GetByHandle(file) : null, path, processId);
            return file;
        }
        catch (ProcfsException)
        {
            file.Dispose();
            throw;
        }
    }

    private static void ThrowUnlessRegular(Statx.FileIdentity? file, string path, int? processId)
    {
        if (file is { Type: not Statx.FileType.Regular })
        {
            throw new ProcfsException(
                ProcfsError.ReadFailed,
                $"'{path}' is no regular file. Nothing else is opened in a tree that is no proc file system.",
                path,
                processId);
        }
    }
}
