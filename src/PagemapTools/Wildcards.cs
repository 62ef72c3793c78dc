using System.Management.Automation;

namespace PagemapTools;

/// <summary>Text in PowerShell's wildcard patterns.</summary>
internal static class Wildcards
{
    /// <summary>
    /// Makes the pattern that matches this text only. WildcardPattern.Escape does not escape backticks, which the matcher reads as escape
    /// characters.
    /// </summary>
    public static string Escape(string text) =>
        string.Concat(text.Select(character => character is '*' or '?' or '[' or ']' or '`' ? $"`{character}" : character.ToString()));
}

/// <summary>Rejects malformed wildcard patterns when the parameter is bound. The engine would throw in the middle of the run.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ValidateWildcardsAttribute : ValidateArgumentsAttribute
{
    /// <summary>Whether the patterns are names of mappings, in which the kernel's names in brackets are not sets of characters.</summary>
    public bool MatchMappings { get; init; }

    protected override void Validate(object arguments, EngineIntrinsics engineIntrinsics)
    {
        foreach (string pattern in arguments as string[] ?? (arguments is string single ? [single] : []))
        {
            try
            {
                // The engine parses a pattern when it is first matched.
                (MatchMappings ? MappingPatterns.ToWildcard(pattern) : WildcardPattern.Get(pattern, WildcardOptions.None)).IsMatch(string.Empty);
            }
            catch (WildcardPatternException malformed)
            {
                throw new ValidationMetadataException($"'{VisibleText.Escape(pattern)}' is not a valid wildcard pattern.", malformed);
            }
        }
    }
}
