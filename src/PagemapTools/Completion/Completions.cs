using System.Collections;
using System.Globalization;
using System.Management.Automation;
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

    /// <summary>Results for the texts that hold the word at the cursor.</summary>
    public static IEnumerable<CompletionResult> Matching(string wordToComplete, IEnumerable<(string Text, string ToolTip)> candidates)
    {
        string word = wordToComplete.Trim('\'', '"');
        return candidates
            .Where(candidate => candidate.Text.Contains(word, StringComparison.OrdinalIgnoreCase))
            .Select(candidate => new CompletionResult(Quoted(candidate.Text), candidate.Text, CompletionResultType.ParameterValue, candidate.ToolTip));
    }

    private static string Quoted(string text) =>
        text.All(character => char.IsLetterOrDigit(character) || character is '_' or '-' or '.' or '/' or ':')
            ? text
            : $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    private static IEnumerable<string> Values(object? bound) => bound switch
    {
        null => [],
        string text => [text],
        IEnumerable items => items.Cast<object>().Select(item => item.ToString() ?? string.Empty),
        _ => [bound.ToString() ?? string.Empty],
    };
}
