using System.Buffers;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>Resolves the paths of files that a user writes.</summary>
internal static class FilePaths
{
    private static readonly SearchValues<char> s_wildcards = SearchValues.Create("*?[`");

    /// <summary>
    /// Resolves paths with wildcards. PowerShell reads the directories of a pattern on this thread. A path without wildcards is not examined
    /// here, because its file system may not answer: whoever opens the path finds out whether it exists.
    /// </summary>
    /// <param name="cmdlet">The cmdlet, to whose location relative paths belong.</param>
    /// <param name="paths">The paths.</param>
    /// <param name="includeDirectories">Whether directories that a wildcard matches are returned.</param>
    public static IEnumerable<string> ResolveFiles(this PSCmdlet cmdlet, IEnumerable<string> paths, bool includeDirectories = false) =>
        paths.SelectMany(path => Resolve(cmdlet, path, includeDirectories));

    private static IEnumerable<string> Resolve(PSCmdlet cmdlet, string path, bool includeDirectories)
    {
        if (!path.AsSpan().ContainsAny(s_wildcards))
        {
            return [cmdlet.GetUnresolvedProviderPathFromPSPath(path)];
        }

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
