namespace PagemapTools.Procfs.Native;

/// <summary>The error numbers that the pagemap interface returns (include/uapi/asm-generic/errno-base.h; the same on every architecture).</summary>
internal static class Errno
{
    public const int EPERM = 1;
    public const int ENOENT = 2;
    public const int ESRCH = 3;
    public const int EINTR = 4;
    public const int EIO = 5;
    public const int ENXIO = 6;
    public const int EAGAIN = 11;
    public const int ENOMEM = 12;
    public const int EACCES = 13;
    public const int EFAULT = 14;
    public const int ENOTDIR = 20;
    public const int EINVAL = 22;
    public const int ENFILE = 23;
    public const int EMFILE = 24;
    public const int ENOTTY = 25;
    public const int EXDEV = 18;
    public const int ENODEV = 19;
    public const int ENOSYS = 38;
    public const int ELOOP = 40;
    public const int EREMOTE = 66;
    public const int EOPNOTSUPP = 95;

    /// <summary>
    /// Whether the call failed because the machine lacks descriptors or memory, or because a device failed. Such an error does not show
    /// whether the file exists, or whether the caller may open it.
    /// </summary>
    public static bool IsExhaustion(int errno) => errno is EMFILE or ENFILE or ENOMEM or EIO;

    /// <summary>Gets the text of strerror.</summary>
    public static string Describe(int errno) =>
        System.Runtime.InteropServices.Marshal.GetPInvokeErrorMessage(errno);
}
