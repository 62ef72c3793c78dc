namespace PagemapTools.Procfs;

/// <summary>The release of the running kernel.</summary>
internal static class KernelRelease
{
    /// <summary>As uname -r prints it; on another system, what the framework calls it.</summary>
    public static string Current { get; } = Read();

    private static string Read()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/osrelease").Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return Environment.OSVersion.VersionString;
        }
    }
}
