namespace PagemapTools.Procfs.Core;

/// <summary>The release of a kernel.</summary>
/// <param name="Text">As uname -r prints it; on another system, what the framework calls it.</param>
/// <param name="Version">The version and patch level that the text begins with: 6.18 of 6.18.44-amd64; null if it begins with none.</param>
public sealed record KernelRelease(string Text, Version? Version)
{
    /// <summary>The release as uname -r prints it.</summary>
    public override string ToString() => Text;

    /// <summary>Reads the release that a proc tree names; a tree that names none runs on the kernel of this process.</summary>
    public static KernelRelease Read(ProcRoot root) => From(ReadText(root) ?? ReadText(ProcRoot.Default) ?? Environment.OSVersion.VersionString);

    /// <summary>The version and patch level that a release begins with.</summary>
    internal static bool TryParse(string release, out Version version)
    {
        int end = 0;
        int dots = 0;
        while (end < release.Length && (char.IsAsciiDigit(release[end]) || (release[end] == '.' && dots++ < 1)))
        {
            end++;
        }

        return Version.TryParse(release[..end], out version!);
    }

    /// <summary>Reads the release that a proc tree itself names; null if it names none.</summary>
    internal static Version? ReadVersion(ProcRoot root) => ReadText(root) is { } text ? From(text).Version : null;

    /// <summary>Whether the kernel is older than a version; false if its version is unknown.</summary>
    internal bool IsBefore(int major, int minor) => Version is not null && Version < new Version(major, minor);

    private static KernelRelease From(string text) => new(text, TryParse(text, out Version version) ? version : null);

    private static string? ReadText(ProcRoot root)
    {
        try
        {
            return File.ReadAllText(root.GetPath("sys/kernel/osrelease")).Trim();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
