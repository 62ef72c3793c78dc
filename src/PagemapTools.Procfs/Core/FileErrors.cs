namespace PagemapTools.Procfs.Core;

/// <summary>The failures of single files and directories.</summary>
internal static class FileErrors
{
    private const string OwnerOrFowner = "ownership of the file, write access to it, or CAP_FOWNER";

    /// <summary>A file or directory that cannot be opened.</summary>
    public static ProcfsException Unopened(string path, int errno) =>
        errno is Errno.ENOENT or Errno.ENOTDIR ? new ProcfsException(ProcfsError.FileNotFound, $"There is no file '{path}'.", path, errorNumber: errno)
        : errno is Errno.EACCES or Errno.EPERM ? new ProcfsException(ProcfsError.FileAccessDenied, $"'{path}' cannot be opened: {Errno.Describe(errno)}. The caller lacks read access.", path, errorNumber: errno, missingCapability: "CAP_DAC_READ_SEARCH")
        : new ProcfsException(
            ProcfsError.ReadFailed,
            $"'{path}' cannot be opened: {(errno == Errno.EAGAIN ? "another process has a lease on it" : Errno.Describe(errno))}.",
            path,
            errorNumber: errno);

    /// <summary>A directory whose entries cannot be read to the end.</summary>
    public static ProcfsException Unlisted(string path, int errno) =>
        new(ProcfsError.ReadFailed, $"'{path}' cannot be listed to the end: {Errno.Describe(errno)}.", path, errorNumber: errno);

    /// <summary>A FIFO, a socket or a device.</summary>
    public static ProcfsException NotRegular(string path) =>
        new(ProcfsError.ReadFailed, $"'{path}' is neither a regular file nor a directory, and nothing else is opened.", path);

    /// <summary>A file whose pages the kernel does not show to the caller (mm/filemap.c, can_do_cachestat, Linux 6.14).</summary>
    public static ProcfsException Hidden(string path) => new(
        ProcfsError.FileAccessDenied,
        $"The kernel does not show this user which pages of '{path}' are in the page cache. The caller lacks {OwnerOrFowner}.",
        path,
        errorNumber: Errno.EPERM,
        missingCapability: OwnerOrFowner);

    /// <summary>A file that neither cachestat nor mincore can examine.</summary>
    public static ProcfsException Unexamined(string path, int errno) =>
        new(ProcfsError.ReadFailed, $"The page cache of '{path}' cannot be examined: {Errno.Describe(errno)}.", path, errorNumber: errno);

    /// <summary>A directory that lies too deep.</summary>
    public static ProcfsException TooDeep(string path, int levels) =>
        new(ProcfsError.ReadFailed, $"'{path}' is not read: it is more than {levels} directories deep.", path);
}
