using System.Management.Automation.Language;
using System.Text.RegularExpressions;

namespace PagemapTools.Host;

/// <summary>
/// Writes the arguments of <c>-File</c> as PowerShell source, so that the engine reads them as if they were typed:
/// <c>-Name value</c>, <c>-Name:value</c>, <c>-Switch</c>, <c>-Switch:$false</c>, and all else as a literal by position.
/// </summary>
internal static partial class ScriptArguments
{
    public static string ToSource(IEnumerable<string> arguments) => string.Join(' ', arguments.Select(ToSource));

    private static string ToSource(string argument) => ParameterPattern().Match(argument) switch
    {
        { Success: false } => Literal(argument),
        { Groups: var groups } when groups["value"].Success => $"{groups["name"].Value}:{Value(groups["value"].Value)}",
        _ => argument,
    };

    private static string Value(string text) =>
        text.ToUpperInvariant() is "$TRUE" or "$FALSE" or "$NULL" ? text : Literal(text);

    private static string Literal(string text) => $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    [GeneratedRegex(@"\A(?<name>-[\p{L}_][\p{L}\p{Nd}_]*)(?::(?<value>.*))?\z", RegexOptions.Singleline, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ParameterPattern();
}
