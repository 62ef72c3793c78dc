using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>Finds programs and built files.</summary>
internal static class Programs
{
    /// <summary>The dotnet that runs this program.</summary>
    public static string Dotnet { get; } =
        Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", "dotnet"));

    /// <summary>Finds the program that an option names, else one on PATH; null if there is none.</summary>
    public static string? Find(string name, string? named)
    {
        if (named is not null)
        {
            return File.Exists(named) ? Path.GetFullPath(named) : throw new UsageException($"'{named}' does not exist.");
        }

        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(directory => Path.Combine(directory, name))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>Finds the assembly of a project that was built with this one: out/build/bin/PROJECT/CONFIGURATION.</summary>
    public static string FindBuiltAssembly(string project) => FindBuiltFile(project, $"{project}.dll");

    public static string FindBuiltFile(string project, string file)
    {
        DirectoryInfo own = new(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        string path = Path.Combine(own.Parent!.Parent!.FullName, project, own.Name, file);
        return File.Exists(path) ? path : throw new BenchmarkException($"'{path}' is not built.");
    }
}
