namespace PagemapTools;

/// <summary>Text in PowerShell's wildcard patterns.</summary>
internal static class Wildcards
{
    /// <summary>The pattern that only this text matches. WildcardPattern.Escape leaves backticks as they are, which matching takes for escapes.</summary>
    public static string Escape(string text) =>
        string.Concat(text.Select(character => character is '*' or '?' or '[' or ']' or '`' ? $"`{character}" : character.ToString()));
}
