namespace PagemapTools.Tests.Support;

/// <summary>
/// What is tested, found by walking up from the test program: in a clone, in a build with another artifacts path, and where the
/// build was copied to another machine.
/// </summary>
internal static class BuiltFiles
{
    /// <summary>Names another module than the staged one.</summary>
    public const string ModuleVariable = "PAGEMAPTOOLS_MODULE";

    public static string Module { get; } =
        Environment.GetEnvironmentVariable(ModuleVariable) is { Length: > 0 } named ? Path.GetFullPath(named) : StagedModule() ?? throw NotBuilt("out/PagemapTools/PagemapTools.psd1");

    public static string Host { get; } = Program("PagemapTools.Host");

    private static string? StagedModule() =>
        Above(AppContext.BaseDirectory).Select(directory => Path.Join(directory, "out/PagemapTools/PagemapTools.psd1")).FirstOrDefault(File.Exists);

    private static string Program(string name)
    {
        // The configuration that the tests were built in comes first.
        string own = Path.GetFileName(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
        IEnumerable<string> candidates =
            from directory in Above(AppContext.BaseDirectory)
            from parent in (string[])[directory, Path.Join(directory, "out/build/bin")]
            from configuration in (string[])[own, "debug", "release"]
            select Path.Join(parent, name, configuration, name + ".dll");
        return candidates.FirstOrDefault(File.Exists) ?? throw NotBuilt(name);
    }

    private static IEnumerable<string> Above(string start)
    {
        for (DirectoryInfo? directory = new(start); directory is not null; directory = directory.Parent)
        {
            yield return directory.FullName;
        }
    }

    private static InvalidOperationException NotBuilt(string what) =>
        new($"There is no {what} above {AppContext.BaseDirectory}. Build the solution first.");
}
