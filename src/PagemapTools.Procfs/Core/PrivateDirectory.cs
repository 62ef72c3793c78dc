using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>Directories that their owner alone may read.</summary>
internal static class PrivateDirectory
{
    private const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Creates a directory and those above it that do not exist, each with mode 0700. A directory that exists is not changed.</summary>
    /// <exception cref="IOException">The directory cannot be created.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not create it.</exception>
    public static void Create(string path)
    {
        if (Directory.Exists(path))
        {
            return;
        }

        if (Path.GetDirectoryName(path) is { Length: > 0 } parent)
        {
            Create(parent);
        }

        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, Mode);
        }
    }

    /// <summary>Flushes the names in a directory to the disk. Does nothing if the directory cannot be read, or if its file system has no such call.</summary>
    public static void Flush(string path)
    {
        using SafeFileHandle directory = FileIO.OpenForReading(path, out int errno);
        if (errno == 0)
        {
            RandomAccess.FlushToDisk(directory);
        }
    }
}
