namespace PagemapTools.Tests.Support;

/// <summary>
/// Finds the built module and programs in the directories above the test program. This works in a clone, in a build with another
/// artifacts path, and in a build that was copied to another machine.
/// </summary>
internal static class BuiltFiles
{
    /// <summary>The environment variable with the path of a module to test instead of the staged one.</summary>
    public const string ModuleVariable = "PAGEMAPTOOLS_MODULE";

    public static string Module { get; } =
        Environment.GetEnvironmentVariable(ModuleVariable) is { Length: > 0 } named ? Path.GetFullPath(named) : FindStagedModule() ?? throw CreateNotBuiltException("out/PagemapTools/PagemapTools.psd1");

    /// <summary>The host. A guest does not have it.</summary>
    public static string Host => FindProgram("PagemapTools.Host");

    private static string? FindStagedModule() =>
        EnumerateParents(AppContext.BaseDirectory).Select(directory => Path.Join(directory, "out/PagemapTools/PagemapTools.psd1")).FirstOrDefault(File.Exists);

    private static string FindProgram(string name)
    {
        // Prefers the configuration of the test build.
        string own = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        IEnumerable<string> candidates =
            from directory in EnumerateParents(AppContext.BaseDirectory)
            from parent in (string[])[directory, Path.Join(directory, "out/build/bin")]
            from configuration in (string[])[own, "debug", "release"]
            select Path.Join(parent, name, configuration, name + ".dll");
        return candidates.FirstOrDefault(File.Exists) ?? throw CreateNotBuiltException(name);
    }

    private static IEnumerable<string> EnumerateParents(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            yield return directory.FullName;
        }
    }

    private static InvalidOperationException CreateNotBuiltException(string what) =>
        new($"There is no {what} above {AppContext.BaseDirectory}. Build the solution first.");
}
