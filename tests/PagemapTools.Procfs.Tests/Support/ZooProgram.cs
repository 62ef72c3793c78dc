using System.Diagnostics;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Finds the zoo, and says where on this machine it may put its files and its swap.</summary>
internal static class ZooProgram
{
    private const string Assembly = "PagemapTools.Zoo.dll";

    private static readonly Lazy<string> s_path = new(Find);

    /// <summary>A directory on a disk, where /var/tmp is none (PAGEMAPTOOLS_ZOO_DIR) or is not there.</summary>
    private static readonly string? s_directory = Environment.GetEnvironmentVariable("PAGEMAPTOOLS_ZOO_DIR")
        ?? (Directory.Exists("/var/tmp") ? null : Path.GetTempPath());

    /// <summary>A device to swap on, where no file can be (PAGEMAPTOOLS_ZOO_SWAP).</summary>
    private static readonly string? s_swap = Environment.GetEnvironmentVariable("PAGEMAPTOOLS_ZOO_SWAP");

    private static readonly string[] s_takeDirectory =
        ["file-private", "file-shared", "file-untouched", "deleted-file", "odd-names", "swapped", "shared-swapped"];

    private static readonly string[] s_takeSwap = ["swapped", "shared-swapped"];

    public static ProcessStartInfo Start(string animal, IEnumerable<string> options)
    {
        List<string> arguments = [s_path.Value, animal, .. options];
        bool namesDirectory = arguments.Exists(argument => argument.StartsWith("dir=", StringComparison.Ordinal));
        if (s_directory is not null && !namesDirectory && s_takeDirectory.Contains(animal, StringComparer.Ordinal))
        {
            arguments.Add($"dir={s_directory}");
        }

        if (s_swap is not null && s_takeSwap.Contains(animal, StringComparer.Ordinal))
        {
            arguments.Add($"swap={s_swap}");
        }

        return new ProcessStartInfo(Host(), arguments) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false };
    }

    /// <summary>The program that runs a .NET assembly: the one that runs this one, if it is that.</summary>
    public static string Host() =>
        Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } named ? named
        : Path.GetFileName(Environment.ProcessPath) == "dotnet" ? Environment.ProcessPath!
        : "dotnet";

    private static string Find()
    {
        List<string> candidates = [];
        if (Environment.GetEnvironmentVariable("PAGEMAPTOOLS_ZOO") is { Length: > 0 } named)
        {
            candidates.Add(named);
        }

        string[] configurations = AppContext.BaseDirectory.Contains("/release/", StringComparison.Ordinal) ? ["release", "debug"] : ["debug", "release"];
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            candidates.Add(Path.Join(directory.FullName, Assembly));
            candidates.Add(Path.Join(directory.FullName, "PagemapTools.Zoo", Assembly));
            candidates.Add(Path.Join(directory.FullName, "zoo", Assembly));
            candidates.AddRange(configurations.Select(configuration => Path.Join(directory.FullName, "PagemapTools.Zoo", configuration, Assembly)));
            candidates.AddRange(configurations.Select(configuration => Path.Join(directory.FullName, "out/build/bin/PagemapTools.Zoo", configuration, Assembly)));
        }

        return candidates.FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"{Assembly} is neither beside these tests nor built, and PAGEMAPTOOLS_ZOO does not name it");
    }
}
