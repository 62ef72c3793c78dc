using System.Collections.Concurrent;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>
/// Wildcards over the names of mappings: over the whole name, the name of the file without its directory, and the kernel's name without its
/// brackets. A pattern in brackets, such as [heap] or [anon:*], is one of the kernel's names, not a set of characters.
/// </summary>
internal static class MappingPatterns
{
    /// <summary>Makes the engine's pattern.</summary>
    public static WildcardPattern ToWildcard(string pattern) =>
        WildcardPattern.Get(IsKernelName(pattern) ? $"`[{pattern[1..^1]}`]" : pattern, WildcardOptions.None);

    /// <summary>Makes the pattern that matches this name only.</summary>
    public static string EscapeName(string name) =>
        IsKernelName(name) ? $"[{Wildcards.Escape(name[1..^1])}]" : Wildcards.Escape(name);

    /// <summary>Whether a pattern matches a name of a mapping.</summary>
    public static bool IsMatch(WildcardPattern pattern, string name) =>
        pattern.IsMatch(name)
        || (name[0] == '/' && pattern.IsMatch(name[(name.LastIndexOf('/') + 1)..]))
        || (IsKernelName(name) && pattern.IsMatch(name[1..^1]));

    private static bool IsKernelName(string name) => name.Length > 2 && name[0] == '[' && name[^1] == ']';
}

/// <summary>Selects mappings by -Mapping and -LiteralMapping, and remembers which processes have one. Safe to use from several threads.</summary>
internal sealed class MappingFilter
{
    private readonly string[] _patterns;
    private readonly string[] _literals;
    private readonly WildcardPattern[] _wildcards;
    private readonly ConcurrentDictionary<int, bool> _matched = new();
    private volatile bool _hasRead;
    private volatile bool _hasMatched;

    private MappingFilter(string[] patterns, string[] literals)
    {
        _patterns = patterns;
        _literals = literals;
        _wildcards = [.. patterns.Select(MappingPatterns.ToWildcard)];
    }

    /// <summary>Whether mappings were read, and none of any process was selected.</summary>
    public bool IsUnmatched => _hasRead && !_hasMatched;

    /// <summary>Creates the filter of two parameters; null if they select all mappings.</summary>
    public static MappingFilter? Create(string[] patterns, string[] literals) =>
        patterns.Length + literals.Length == 0 ? null : new MappingFilter(patterns, literals);

    /// <summary>Whether the parameters select a mapping.</summary>
    public bool IsMatch(MemoryMapping mapping)
    {
        _hasRead = true;
        string name = mapping.Name;
        if (!Array.Exists(_literals, literal => literal == name || (mapping.IsDeleted && literal == $"{name} (deleted)"))
            && !Array.Exists(_wildcards, pattern => MappingPatterns.IsMatch(pattern, name)))
        {
            return false;
        }

        _hasMatched = true;
        _matched.TryAdd(mapping.ProcessId, true);
        return true;
    }

    /// <summary>Whether a mapping of the process was selected since the last call for it.</summary>
    public bool TakeMatch(int processId) => _matched.TryRemove(processId, out _);

    /// <summary>The parameters in words.</summary>
    public override string ToString() => string.Join(", ", _patterns.Concat(_literals).Select(name => $"'{name}'"));
}
