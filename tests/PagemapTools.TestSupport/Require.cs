using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>
/// What a test requires of the machine, by name. Where it is missing the test is skipped with "requires FEATURE: why it is missing";
/// Show-SkippedTests.ps1 counts the features. PAGEMAPTOOLS_TEST_WITHOUT (names, separated by commas) simulates a machine without some.
/// </summary>
internal static class Require
{
    private static readonly HashSet<string> s_without =
        [.. (Environment.GetEnvironmentVariable("PAGEMAPTOOLS_TEST_WITHOUT") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Skips the test unless the feature is there.</summary>
    public static void That([DoesNotReturnIf(false)] bool isThere, string feature, string why)
    {
        Assert.SkipWhen(s_without.Contains(feature), $"requires {feature}: PAGEMAPTOOLS_TEST_WITHOUT names it");
        Assert.SkipUnless(isThere, $"requires {feature}: {why}");
    }

    public static void Root() => That(Machine.IsRoot, "Root", "this user is not root");

    /// <summary>Root of the initial user namespace, which may mount, map users and give away capabilities.</summary>
    public static void InitialRoot() =>
        That(Machine.IsRoot && Rights.IsInInitialUserNamespace, "Root", "this user is not root of the initial user namespace");

    /// <summary>Programs can be started as a user without capabilities, who can read these files.</summary>
    public static void Nobody(params ReadOnlySpan<string> files)
    {
        Root();
        That(File.ReadLines("/etc/passwd").Any(line => line.StartsWith(Machine.Nobody + ":", StringComparison.Ordinal)), "Nobody", $"there is no user {Machine.Nobody}");
        foreach (string file in (ReadOnlySpan<string>)[TargetProgram.Path, .. files])
        {
            That(Machine.IsReadableByAll(file), "Nobody", $"{file} is not readable by {Machine.Nobody}");
        }
    }

    /// <summary>The id of a kernel thread.</summary>
    public static int KernelThread()
    {
        That(Machine.KernelThread is not null, "KernelThread", "no kernel thread is visible here (a container of its own)");
        return Machine.KernelThread!.Value;
    }

    /// <summary>A file of the kernel that opens for reading; the feature is its name.</summary>
    public static void ReadableFile(string path) => That(KernelFile.Opens(path), Path.GetFileName(path), $"{path} is absent, or not for this user");

    public static void PageFrameNumbers() => That(
        KernelFeatures.ShowsPageFrameNumbers, "PageFrameNumbers", "the kernel hides page frame numbers: CAP_SYS_ADMIN in the initial user namespace is missing");

    /// <summary>Page frame numbers, and the files that they index.</summary>
    public static void PageFrames()
    {
        PageFrameNumbers();
        ReadableFile("/proc/kpageflags");
        ReadableFile("/proc/kpagecount");
    }

    /// <summary>The capability to follow /proc/PID/map_files.</summary>
    public static void MapFiles()
    {
        string? link = Directory.EnumerateFiles("/proc/self/map_files").FirstOrDefault();
        That(link is not null && KernelFile.Opens(link), "MapFiles", "/proc/self/map_files is empty, or not for this user");
    }

    /// <summary>Anonymous memory that was only read is the zero page.</summary>
    public static void ZeroPage() =>
        That(KernelFeatures.HasZeroPage, "ZeroPage", "this kernel gives anonymous memory that was only read page frames of its own");

    public static void SoftDirty() => That(KernelFeatures.HasSoftDirty, "SoftDirty", "this kernel is built without CONFIG_MEM_SOFT_DIRTY");

    /// <summary>For what a kernel without soft-dirty bits does.</summary>
    public static void NoSoftDirty() => That(!KernelFeatures.HasSoftDirty, "NoSoftDirty", "this kernel keeps soft-dirty bits");

    /// <summary>The kernel knows the page frames of a region (see <see cref="UntrackedMemory"/>).</summary>
    public static void KnownMemory(TargetRegion region) => That(
        !UntrackedMemory.Holds(region), "KnownMemory", $"{region.Name} lies where the kernel does not know its own memory");

    public static void SwapArea(bool isThere, string why) => That(isThere, "SwapArea", why);

    public static void Cgroups([DoesNotReturnIf(false)] bool isThere, string why) => That(isThere, "Cgroups", why);

    public static void Kernel(int major, int minor, string what) => That(
        Machine.Kernel >= new Version(major, minor),
        string.Create(CultureInfo.InvariantCulture, $"Kernel{major}.{minor}"),
        $"{what} came with Linux {major}.{minor}; this is {Machine.Kernel}");

    /// <summary>A program on PATH.</summary>
    public static void Program(string name) => That(Tool.Find(name) is not null, name, $"{name} is not on PATH");

    public static void PageTypes() => That(
        TestSupport.PageTypes.IsThere, "page-types", "it is not on PATH (tests/get-page-types makes it)");
}
