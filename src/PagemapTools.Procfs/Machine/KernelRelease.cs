namespace PagemapTools.Procfs;

/// <summary>The release of the running kernel.</summary>
internal static class KernelRelease
{
    /// <summary>As uname -r prints it; on another system, what the framework calls it.</summary>
    public static string Current { get; } = Read();

    /// <summary>The version and patch level that a release begins with: 6.18 of 6.18.44-amd64.</summary>
    public static bool TryParse(string release, out Version version)
    {
        int end = 0;
        int dots = 0;
        while (end < release.Length && (char.IsAsciiDigit(release[end]) || (release[end] == '.' && dots++ < 1)))
        {
            end++;
        }

        return Version.TryParse(release[..end], out version!);
    }

    /// <summary>Whether the running kernel is older than a version; false if that cannot be told.</summary>
    public static bool IsBefore(int major, int minor) => TryParse(Current, out Version release) && release < new Version(major, minor);

    /// <summary>The release that a proc tree names; null if it names none.</summary>
    public static Version? Read(ProcRoot root)
    {
        try
        {
            return TryParse(File.ReadAllText(root.PathOf("sys/kernel/osrelease")), out Version release) ? release : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

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
