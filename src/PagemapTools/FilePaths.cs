using System.Management.Automation;

namespace PagemapTools;

/// <summary>Resolves the paths of files that a user writes.</summary>
internal static class FilePaths
{
    /// <summary>Resolves paths with wildcards. A path that matches nothing is an error, a pattern is none.</summary>
    /// <param name="cmdlet">The cmdlet, to whose location relative paths belong.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="includeDirectories">Whether directories that a wildcard matches are returned.</param>
    public static IEnumerable<string> ResolveFiles(this PSCmdlet cmdlet, IEnumerable<string> paths, bool includeDirectories = false) =>
        paths.SelectMany(path => Resolve(cmdlet, path, includeDirectories));

    private static IEnumerable<string> Resolve(PSCmdlet cmdlet, string path, bool includeDirectories)
    {
        try
        {
            IEnumerable<string> files = cmdlet.GetResolvedProviderPathFromPSPath(path, out _);
            return WildcardPattern.ContainsWildcardCharacters(path) && !includeDirectories ? files.Where(File.Exists) : files;
        }
        catch (ItemNotFoundException)
        {
            cmdlet.WriteError(PagemapErrors.PathNotFound(path));
            return [];
        }
    }
}
