using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>The program that makes test processes, and the directory and device for its files and its swap.</summary>
internal static class TargetProgram
{
    /// <summary>The environment variable with a directory on a disk, for a machine whose /var/tmp is not on a disk.</summary>
    public const string DirectoryVariable = "PAGEMAPTOOLS_TEST_DIR";

    /// <summary>The environment variable with a swap device, for a machine without a file system for a swap file.</summary>
    private const string SwapVariable = "PAGEMAPTOOLS_TEST_SWAP";

    private static readonly string? s_directory =
        Environment.GetEnvironmentVariable(DirectoryVariable) ?? (Directory.Exists("/var/tmp") ? null : System.IO.Path.GetTempPath());

    private static readonly string? s_swap = Environment.GetEnvironmentVariable(SwapVariable);

    private static readonly string[] s_kindsWithDirectory =
        ["file-private", "file-shared", "file-untouched", "deleted-file", "odd-names", "hostile-names", "swapped", "shared-swapped", "forked-swap", "held", "parts"];

    private static readonly string[] s_kindsWithSwap = ["swapped", "shared-swapped", "forked-swap"];

    /// <summary>The dotnet program: that of the running tests, if dotnet runs them.</summary>
    public static string Dotnet { get; } =
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } named ? named
        : System.IO.Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root && File.Exists(System.IO.Path.Join(root, "dotnet")) ? System.IO.Path.Join(root, "dotnet")
        : "dotnet";

    /// <summary>The path of the program, which the build copies beside the tests.</summary>
    public static string Path { get; } = System.IO.Path.Join(AppContext.BaseDirectory, "PagemapTools.TestProcesses.dll");

    public static ProcessStartInfo CreateStartInfo(string kind, IEnumerable<string> options, string? user)
    {
        List<string> arguments = [Path, kind, .. options];
        bool namesDirectory = arguments.Exists(argument => argument.StartsWith("dir=", StringComparison.Ordinal));
        if (s_directory is not null && !namesDirectory && s_kindsWithDirectory.Contains(kind, StringComparer.Ordinal))
        {
            arguments.Add($"dir={s_directory}");
        }

        if (s_swap is not null && s_kindsWithSwap.Contains(kind, StringComparer.Ordinal))
        {
            arguments.Add($"swap={s_swap}");
        }

        ProcessStartInfo start = new(Dotnet, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        if (user is not null)
        {
            start.UserName = user;
            start.Environment["HOME"] = "/nonexistent";
            start.Environment["DOTNET_EnableDiagnostics"] = "0";
        }

        return start;
    }

    /// <summary>Returns whether a kind sets up swap, huge pages or KSM, so that only one process of the machine can be of this kind.</summary>
    public static bool ChangesMachine(string kind) => s_kindsWithSwap.Contains(kind, StringComparer.Ordinal) || GetFeature(kind).Contains("Huge", StringComparison.OrdinalIgnoreCase) || kind == "ksm";

    /// <summary>Returns the feature of the machine that a kind of test process requires.</summary>
    public static string GetFeature(string kind) => kind switch
    {
        "swapped" or "shared-swapped" or "forked-swap" => "SwapArea",
        "hugetlb-private" or "hugetlb-shared" => "HugetlbPages",
        "thp" or "fragmented" => "TransparentHugePages",
        "mthp" or "folios" => "MultiSizeHugePages",
        "huge-zero" => "HugeZeroPage",
        "ksm" => "Ksm",
        "guard" => "GuardRegions",
        "uffd-wp" => "UserfaultWriteProtect",
        "uffd-wp-async" => "UserfaultAsyncWriteProtect",
        "poison-marker" => "UserfaultPoison",
        "hwpoison" => "HardwarePoison",
        "locked-map" or "hung-file" or "hung-mount" or "changing-file" => "Fuse",
        "unserved-fault" => "Userfault",
        "long-command-line" => "CheckpointRestore",
        "sysv-shm-first" => "IpcNamespace",
        "io-uring" => "IoUring",
        _ => $"TestProcess.{kind}",
    };
}
