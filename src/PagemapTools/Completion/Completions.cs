using System.Collections;
using System.Globalization;
using System.Management.Automation;
using System.Management.Automation.Language;
using PagemapTools.Procfs;

namespace PagemapTools.Completion;

/// <summary>What the completers share.</summary>
internal static class Completions
{
    /// <summary>The proc tree that the command line names.</summary>
    public static ProcRoot RootOf(IDictionary boundParameters) => new(boundParameters["ProcPath"] as string);

    /// <summary>The processes of a tree, with their names.</summary>
    public static IEnumerable<(int Id, string Name)> Processes(ProcRoot root)
    {
        if (!Directory.Exists(root.Path))
        {
            yield break;
        }

        foreach (int id in root.ProcessIds())
        {
            if (root.ProcessName(id) is { } name)
            {
                yield return (id, name);
            }
        }
    }

    /// <summary>The ids of the processes that the command line names.</summary>
    public static IEnumerable<int> BoundProcesses(IDictionary boundParameters)
    {
        if (boundParameters["Id"] is { } ids)
        {
            return Values(ids).Select(id => int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : 0).Where(id => id != 0);
        }

        if (boundParameters["InputObject"] is System.Diagnostics.Process process)
        {
            return [process.Id];
        }

        WildcardPattern[] names = [.. Values(boundParameters["Name"]).Select(name => WildcardPattern.Get(name, WildcardOptions.IgnoreCase))];
        return Processes(RootOf(boundParameters)).Where(running => names.Any(name => name.IsMatch(running.Name))).Select(running => running.Id);
    }

    /// <summary>Results for the texts that hold the word at the cursor, themselves or as they are written on the line.</summary>
    /// <param name="wordToComplete">The word at the cursor.</param>
    /// <param name="candidates">What may be offered.</param>
    /// <param name="toArgument">How a text is written as an argument; as it is, if this is null.</param>
    public static IEnumerable<CompletionResult> Matching(
        string wordToComplete, IEnumerable<(string Text, string ToolTip)> candidates, Func<string, string>? toArgument = null)
    {
        string word = wordToComplete.Trim('\'', '"');
        foreach ((string text, string toolTip) in candidates)
        {
            string argument = toArgument?.Invoke(text) ?? text;
            if (text.Length > 0 && (Holds(text) || Holds(argument)))
            {
                yield return new CompletionResult(Quoted(argument), text, CompletionResultType.ParameterValue, toolTip);
            }
        }

        bool Holds(string text) => text.Contains(word, StringComparison.OrdinalIgnoreCase);
    }

    // A leading dash would make it a parameter.
    private static string Quoted(string text) =>
        text[0] != '-' && text.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or '/' or ':')
            ? text
            : $"'{CodeGeneration.EscapeSingleQuotedStringContent(text)}'";

    private static IEnumerable<string> Values(object? bound) => bound switch
    {
        null => [],
        string text => [text],
        IEnumerable items => items.Cast<object>().Select(item => item.ToString() ?? string.Empty),
        _ => [bound.ToString() ?? string.Empty],
    };
}
