using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>Properties of this machine and this user.</summary>
internal static class Machine
{
    /// <summary>A user without any capability.</summary>
    public const string Nobody = "nobody";

    private static readonly Lazy<int?> s_kernelThread = new(FindKernelThread);

    public static ulong PageSize => KernelFile.PageSize;

    public static string KernelRelease { get; } = File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    public static Version Kernel => Environment.OSVersion.Version;

    public static bool IsRoot => Environment.IsPrivilegedProcess;

    /// <summary>Whether this is a guest of the tests (tests/vm), with an emulated processor.</summary>
    public static bool IsGuest => Environment.GetEnvironmentVariable("PAGEMAPTOOLS_TEST_GUEST") == "1";

    /// <summary>An id above the largest pid_max (PID_MAX_LIMIT, include/linux/threads.h), which no process has.</summary>
    public static int MissingProcess => (4 * 1024 * 1024) + 1;

    /// <summary>The id of a kernel thread; null if none is visible.</summary>
    public static int? KernelThread => s_kernelThread.Value;

    /// <summary>Returns whether every user can read a file and search each directory above it.</summary>
    public static bool IsReadableByAll(string path)
    {
        if ((File.GetUnixFileMode(path) & UnixFileMode.OtherRead) == 0)
        {
            return false;
        }

        for (DirectoryInfo? directory = new FileInfo(path).Directory; directory is not null; directory = directory.Parent)
        {
            if ((directory.UnixFileMode & UnixFileMode.OtherExecute) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private static int? FindKernelThread() => Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : 0)
        .Where(id => id != 0 && ProcessStatus.IsKernelThread(id))
        .Select(id => (int?)id)
        .FirstOrDefault();
}
