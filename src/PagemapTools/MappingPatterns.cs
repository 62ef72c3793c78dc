using System.Management.Automation;
using PagemapTools.Procfs.Processes;

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

    /// <summary>The pattern of one name and no other.</summary>
    public static string EscapeName(string name) =>
        IsKernelName(name) ? $"[{Wildcards.Escape(name[1..^1])}]" : Wildcards.Escape(name);

    private static WildcardPattern ToWildcard(string pattern) =>
        WildcardPattern.Get(IsKernelName(pattern) ? $"`[{pattern[1..^1]}`]" : pattern, WildcardOptions.None);

    private static bool IsKernelName(string name) => name.Length > 2 && name[0] == '[' && name[^1] == ']';
}
