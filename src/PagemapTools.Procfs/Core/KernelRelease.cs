using System.Text;

namespace PagemapTools.Procfs.Core;

/// <summary>The release of a kernel.</summary>
/// <param name="Text">The release as uname -r prints it.</param>
/// <param name="Version">The first two numbers of the text: 6.18 for 6.18.44-amd64; null if the text does not begin with a version.</param>
public sealed record KernelRelease(string Text, Version? Version)
{
    /// <summary>The release as uname -r prints it.</summary>
    public override string ToString() => Text;

    /// <summary>Gets the release of the running kernel; for a saved tree, the release in the tree, if it has one.</summary>
    /// <exception cref="ProcfsException">The saved tree has something else than a file in its place.</exception>
    public static KernelRelease Read(ProcRoot root) => From(ReadText(root) ?? Uname.GetRelease());

    /// <summary>Parses the first two numbers of a release.</summary>
    internal static bool TryParse(string release, out Version version)
    {
        ReadOnlySpan<byte> rest = Encoding.UTF8.GetBytes(release);
        bool isVersion = ProcNumber.TryTake(ref rest, (byte)'.', out ulong major, int.MaxValue);
        ReadOnlySpan<byte> digits = rest[..(rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is >= 0 and var end ? end : rest.Length)];
        isVersion &= ProcNumber.TryParse(digits, out ulong minor, int.MaxValue);
        version = isVersion ? new Version((int)major, (int)minor) : new Version();
        return isVersion;
    }

    /// <summary>Gets the version; null if a saved tree has none.</summary>
    internal static Version? ReadVersion(ProcRoot root) => ReadText(root) is { } text ? From(text).Version : null;

    /// <summary>Gets the text; null if a saved tree has none.</summary>
    internal static string? ReadText(ProcRoot root) =>
        root.IsProcFileSystem ? Uname.GetRelease() : ProcText.TryReadSmall(root, root.GetPath("sys/kernel/osrelease"));

    /// <summary>Whether the kernel is older than a version; false if its version is unknown.</summary>
    internal bool IsBefore(int major, int minor) => Version is not null && Version < new Version(major, minor);

    private static KernelRelease From(string text) => new(text, TryParse(text, out Version version) ? version : null);
}
