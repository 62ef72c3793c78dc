using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>
/// Features of the machine that a test requires, by name. A test without its feature is skipped with "requires FEATURE: reason", and
/// Show-SkippedTests.ps1 counts the features. PAGEMAPTOOLS_TEST_WITHOUT=NAME,... simulates a machine without the named features.
/// </summary>
internal static class Require
{
    private static readonly HashSet<string> s_without =
        [.. (Environment.GetEnvironmentVariable("PAGEMAPTOOLS_TEST_WITHOUT") ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries)];

    /// <summary>Skips the test unless the machine has the feature.</summary>
    public static void That([DoesNotReturnIf(false)] bool isThere, string feature, string why)
    {
        Assert.SkipWhen(s_without.Contains(feature), $"requires {feature}: PAGEMAPTOOLS_TEST_WITHOUT names it");
        Assert.SkipUnless(isThere, $"requires {feature}: {why}");
    }

    public static void Root() => That(Machine.IsRoot, "Root", "this user is not root");

    /// <summary>Requires root of the initial user namespace, who can mount, map users and drop capabilities.</summary>
    public static void InitialRoot() =>
        That(Machine.IsRoot && OwnCapabilities.IsInInitialUserNamespace, "Root", "this user is not root of the initial user namespace");

    /// <summary>Requires that a program can start as the user nobody, and that nobody can read these files.</summary>
    public static void Nobody(params ReadOnlySpan<string> files)
    {
        Root();
        That(File.ReadLines("/etc/passwd").Any(line => line.StartsWith(Machine.Nobody + ":", StringComparison.Ordinal)), "Nobody", $"there is no user {Machine.Nobody}");
        foreach (string file in (ReadOnlySpan<string>)[TargetProgram.Path, .. files])
        {
            That(Machine.IsReadableByAll(file), "Nobody", $"{file} is not readable by {Machine.Nobody}");
        }
    }

    /// <summary>Requires a visible kernel thread, and returns its id.</summary>
    public static int KernelThread()
    {
        That(Machine.KernelThread is not null, "KernelThread", "no kernel thread is visible here (a container)");
        return Machine.KernelThread!.Value;
    }

    /// <summary>Requires a kernel file that opens for reading; the feature is the name of the file.</summary>
    public static void ReadableFile(string path) => That(KernelFile.CanRead(path), Path.GetFileName(path), $"{path} is absent, or this user cannot read it");

    public static void PageFrameNumbers() => That(
        KernelFeatures.ShowsPageFrameNumbers, "PageFrameNumbers", "the kernel hides page frame numbers: CAP_SYS_ADMIN in the initial user namespace is missing");

    /// <summary>Requires page frame numbers and the files that they index.</summary>
    public static void PageFrames()
    {
        PageFrameNumbers();
        ReadableFile("/proc/kpageflags");
        ReadableFile("/proc/kpagecount");
    }

    /// <summary>Requires the capability to follow /proc/PID/map_files.</summary>
    public static void MapFiles()
    {
        string? link = Directory.EnumerateFiles("/proc/self/map_files").FirstOrDefault();
        That(link is not null && KernelFile.CanRead(link), "MapFiles", "/proc/self/map_files is empty, or this user cannot read it");
    }

    /// <summary>Requires that a read of untouched anonymous memory maps the zero page.</summary>
    public static void ZeroPage() =>
        That(KernelFeatures.HasZeroPage, "ZeroPage", "this kernel allocates a page frame on a read of anonymous memory");

    /// <summary>Requires a guest of the tests (tests/vm), which may lose page frames.</summary>
    public static void Guest() => That(
        Machine.IsGuest, "Guest", "page frames are taken out of use in a guest of the tests (tests/vm) only");

    public static void SoftDirty() => That(KernelFeatures.HasSoftDirty, "SoftDirty", "this kernel is built without CONFIG_MEM_SOFT_DIRTY");

    /// <summary>Requires a kernel without soft-dirty bits.</summary>
    public static void NoSoftDirty() => That(!KernelFeatures.HasSoftDirty, "NoSoftDirty", "this kernel has soft-dirty bits");

    /// <summary>Requires that kpageflags covers the page frames of a region (see <see cref="UntrackedMemory"/>).</summary>
    public static void KnownMemory(TargetRegion region) => That(
        !UntrackedMemory.Contains(region), "KnownMemory", $"{region.Name} lies in memory that kpageflags does not cover");

    public static void SwapArea(bool isThere, string why) => That(isThere, "SwapArea", why);

    public static void Cgroups([DoesNotReturnIf(false)] bool isThere, string why) => That(isThere, "Cgroups", why);

    public static void Kernel(int major, int minor, string what) => That(
        Machine.Kernel >= new Version(major, minor),
        string.Create(CultureInfo.InvariantCulture, $"Kernel{major}.{minor}"),
        $"{what} came with Linux {major}.{minor}; this is {Machine.Kernel}");

    /// <summary>Requires a program on PATH.</summary>
    public static void Program(string name) => That(Tool.Find(name) is not null, name, $"{name} is not on PATH");

    /// <summary>Requires that this user can create user namespaces. A chroot, a sysctl or a security module can refuse them.</summary>
    public static void UserNamespaces()
    {
        Program("unshare");
        That(KernelFeatures.HasUserNamespaces, "UserNamespaces", "'unshare --user' is refused, for example in a chroot or by a sysctl");
    }

    /// <summary>Requires the kernel's thpmaps (tools/mm, Linux 6.9).</summary>
    public static void Thpmaps() => That(Tool.Find("thpmaps") is not null, "thpmaps", "thpmaps is not on PATH (tests/get-thpmaps gets it)");

    public static void PageTypes() => That(
        TestSupport.PageTypes.IsThere, "page-types", "page-types is not on PATH (tests/get-page-types makes it)");
}
