using System.Globalization;
using System.Text;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Text for a terminal. Any user can give a process or a file a name that moves the cursor, begins a new line or reverses the reading
/// order.
/// </summary>
/// <remarks>Properties return the raw name, and parameters accept it. Only displayed text is escaped.</remarks>
public static class VisibleText
{
    /// <summary>
    /// Writes each character that controls the terminal or the layout as <c>\u{hex}</c>; a text without such characters is returned as it
    /// is. A backslash is not escaped.
    /// </summary>
    [return: System.Diagnostics.CodeAnalysis.NotNullIfNotNull(nameof(text))]
    public static string? Escape(string? text)
    {
        if (text is null || text.AsSpan().IndexOfAnyExceptInRange(' ', '~') < 0 || text.EnumerateRunes().All(IsVisible))
        {
            return text;
        }

        StringBuilder visible = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            visible.Append(IsVisible(rune) ? rune.ToString() : string.Create(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}"));
        }

        return visible.ToString();
    }

    /// <summary>Quotes a text in a message.</summary>
    internal static string Quote(string text) => $"'{Escape(text)}'";

    /// <summary>Quotes a part of a text, and the text if it has more than this part.</summary>
    internal static string Quote(string part, string whole) => part == whole ? Quote(whole) : $"{Quote(part)} in {Quote(whole)}";

    /// <summary>Whether a character is shown as it is: it is not a control, format or private-use character, and does not separate lines.</summary>
    public static bool IsVisible(Rune character) => Rune.GetUnicodeCategory(character)
        is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse
            or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator);
}
