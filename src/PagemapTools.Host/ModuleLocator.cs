namespace PagemapTools.Host;

/// <summary>
/// Finds the module by looking upward from the host's own directory, so that a clone, a package unpacked anywhere and a
/// copy beside the host all work, and no path of the machine that built it is in the program.
/// </summary>
internal static class ModuleLocator
{
    private const string Manifest = "PagemapTools.psd1";

    public static string? Find(string startDirectory)
    {
        for (DirectoryInfo? directory = new(startDirectory); directory is not null; directory = directory.Parent)
        {
            string? manifest = Candidates(directory.FullName).FirstOrDefault(IsBuilt);
            if (manifest is not null)
            {
                return manifest;
            }
        }

        return null;
    }

    private static IEnumerable<string> Candidates(string directory) =>
    [
        Path.Combine(directory, "out", "PagemapTools", Manifest),
        Path.Combine(directory, "PagemapTools", Manifest),
        Path.Combine(directory, Manifest),
    ];

    /// <summary>A source tree has the manifest before it has the assembly.</summary>
    private static bool IsBuilt(string manifest) =>
        File.Exists(manifest) && File.Exists(Path.Combine(Path.GetDirectoryName(manifest)!, "bin", "PagemapTools.dll"));
}
