namespace PagemapTools.Procfs.Core;

/// <summary>
/// A file that appears whole or not at all: it is written under another name in the same directory, flushed to the disk and renamed
/// (rename(2)). A reader sees the old file or the new one.
/// </summary>
internal sealed class ReplacedFile : IDisposable
{
    /// <summary>The owner alone reads and writes: the default of all files that this library writes.</summary>
    public const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly string _path;
    private readonly string _temporary;
    private bool _isDone;

    /// <summary>Creates the temporary file.</summary>
    /// <param name="path">The file to make or to replace. Where it is a symbolic link, the link is replaced.</param>
    /// <exception cref="IOException">The directory does not exist or its file system has no space.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not write into the directory, or the path is a directory.</exception>
    public ReplacedFile(string path)
    {
        _path = Path.GetFullPath(path);
        if (Directory.Exists(_path))
        {
            throw new UnauthorizedAccessException($"'{path}' is a directory.");
        }

        string directory = Path.GetDirectoryName(_path)!;
        if (!Directory.Exists(directory))
        {
            throw new DirectoryNotFoundException($"There is no directory '{directory}'.");
        }

        // A collector reads the files that end in its suffix: the temporary name has none.
        _temporary = Path.Join(directory, $".{Path.GetFileName(_path)}.{Path.GetRandomFileName()}");
        FileStreamOptions options = new() { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = Private;
        }

        Stream = new FileStream(_temporary, options);
    }

    public FileStream Stream { get; }

    /// <summary>Flushes what was written to the disk.</summary>
    public void Flush() => Stream.Flush(flushToDisk: true);

    /// <summary>Flushes the file to the disk, gives it its name, and flushes that, too.</summary>
    /// <param name="mode">The mode of the file, whatever the caller's umask is.</param>
    public void Commit(UnixFileMode mode = Private)
    {
        Flush();
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(Stream.SafeFileHandle, mode);
        }

        Stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
        _isDone = true;
        PrivateDirectory.Flush(Path.GetDirectoryName(_path)!);
    }

    /// <summary>Removes the temporary file, unless it has its name.</summary>
    public void Dispose()
    {
        Stream.Dispose();
        if (!_isDone)
        {
            File.Delete(_temporary);
        }
    }
}
