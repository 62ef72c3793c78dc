using System.Management.Automation;
using PagemapTools.Procfs;

namespace PagemapTools;

/// <summary>
/// Wildcards over the names of mappings. A pattern in brackets is one of the kernel's names, such as [heap] or [anon:*], not a set of
/// characters.
/// </summary>
internal static class MappingPatterns
{
    /// <summary>A test of mappings; null if there are no patterns.</summary>
    public static Func<MemoryMapping, bool>? ToFilter(string[] patterns)
    {
        if (patterns.Length == 0)
        {
            return null;
        }

        WildcardPattern[] wildcards = [.. patterns.Select(ToWildcard)];
        return mapping => wildcards.Any(wildcard => wildcard.IsMatch(mapping.Name));
    }

    private static WildcardPattern ToWildcard(string pattern)
    {
        bool isKernelName = pattern.Length > 2 && pattern[0] == '[' && pattern[^1] == ']';
        return WildcardPattern.Get(isKernelName ? $"`[{pattern[1..^1]}`]" : pattern, WildcardOptions.None);
    }
}
