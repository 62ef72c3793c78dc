using System.Text.RegularExpressions;

namespace PagemapTools.Pictures;

/// <summary>
/// A line of a map on its way to a terminal. It is an object, so that the engine removes its colours if the user redirects it to a file:
/// $PSStyle.OutputRendering has no effect on the escape sequences of a plain string.
/// </summary>
public sealed partial class MapLine
{
    internal MapLine(string colorText)
    {
        ColorText = colorText;
        Text = ColorSequence().Replace(colorText, string.Empty);
    }

    /// <summary>The line without colours.</summary>
    public string Text { get; }

    /// <summary>The line with the escape sequences of its colours.</summary>
    public string ColorText { get; }

    /// <summary>The line without colours.</summary>
    public override string ToString() => Text;

    [GeneratedRegex(@"\u001b\[[0-9;]*m", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ColorSequence();
}
