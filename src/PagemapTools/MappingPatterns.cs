using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Wildcards over the names of mappings. A pattern in brackets, such as [heap] or [anon:*], is one of the kernel's names, not a set of
/// characters.
/// </summary>
internal static class MappingPatterns
{
    /// <summary>Makes a test of mappings; null if there are no patterns.</summary>
    public static Func<MemoryMapping, bool>? ToFilter(string[] patterns)
    {
        if (patterns.Length == 0)
        {
            return null;
        }

        WildcardPattern[] wildcards = [.. patterns.Select(ToWildcard)];
        return mapping => wildcards.Any(wildcard => wildcard.IsMatch(mapping.Name));
    }

    /// <summary>Makes the engine's pattern.</summary>
    public static WildcardPattern ToWildcard(string pattern) =>
        WildcardPattern.Get(IsKernelName(pattern) ? $"`[{pattern[1..^1]}`]" : pattern, WildcardOptions.None);

    /// <summary>Makes the pattern that matches this name only.</summary>
    public static string EscapeName(string name) =>
        IsKernelName(name) ? $"[{Wildcards.Escape(name[1..^1])}]" : Wildcards.Escape(name);

    private static bool IsKernelName(string name) => name.Length > 2 && name[0] == '[' && name[^1] == ']';
}
