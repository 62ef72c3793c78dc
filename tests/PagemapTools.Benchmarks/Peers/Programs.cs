using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>Where programs are.</summary>
internal static class Programs
{
    /// <summary>The dotnet that runs this program.</summary>
    public static string Dotnet { get; } =
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>A program that an option names, which has to be there, or one on PATH; null if there is none.</summary>
    public static string? Find(string name, string? named)
    {
        if (named is not null)
        {
            return File.Exists(named) ? Path.GetFullPath(named) : throw new UsageException($"There is no '{named}'.");
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>The assembly of a project that is built with this one: out/build/bin/PROJECT/CONFIGURATION.</summary>
    public static string OfThisBuild(string project) => FileOfThisBuild(project, $"{project}.dll");

    public static string FileOfThisBuild(string project, string file)
    {
        DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string path = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, file);
        return File.Exists(path) ? path : throw new BenchmarkException($"'{path}' is not built.");
    }
}
