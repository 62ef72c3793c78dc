using System.Text.RegularExpressions;

namespace PagemapTools.Tests.Support;

/// <summary>Reads a help page in PlatyPS Markdown (schema 2024-05-01).</summary>
internal static partial class MarkdownHelp
{
    public static HelpPage Read(string path)
    {
        string page = File.ReadAllText(path);
        Dictionary<string, string> sections = Split(page, "## ");
        Dictionary<string, string> parameters = Split(sections["PARAMETERS"], "### ");
        parameters.Remove("CommonParameters");
        Dictionary<string, string> inputs = Split(sections["INPUTS"], "### ");
        Dictionary<string, string> outputs = Split(sections["OUTPUTS"], "### ");
        Dictionary<string, string> examples = Split(sections["EXAMPLES"], "### ");
        Dictionary<string, string> texts = new(StringComparer.Ordinal)
        {
            ["SYNOPSIS"] = sections["SYNOPSIS"],
            ["DESCRIPTION"] = sections["DESCRIPTION"],
            ["NOTES"] = sections["NOTES"],
        };
        foreach ((string heading, string text) in parameters.Concat(inputs).Concat(outputs))
        {
            texts[heading] = texts.GetValueOrDefault(heading) + text.Split("```yaml")[0];
        }

        return new HelpPage
        {
            Name = Path.GetFileNameWithoutExtension(path),
            Parameters = HelpPage.Sort(parameters.Select(parameter => ReadParameter(parameter.Key[1..], parameter.Value.Split("```yaml")[1]))),
            Syntax = HelpPage.Sort(Split(sections["SYNTAX"], "### ").Select(ReadSyntax)),
            Inputs = HelpPage.Sort(inputs.Keys),
            Outputs = HelpPage.Sort(outputs.Keys),
            Texts = texts,
            Examples = examples.ToDictionary(example => example.Key, example => Code().Match(example.Value).Groups["code"].Value, StringComparer.Ordinal),
        };
    }

    private static string ReadParameter(string name, string yaml)
    {
        string[] sets = yaml[yaml.IndexOf("ParameterSets:", StringComparison.Ordinal)..].Split("\n- Name: ")[1..];
        return HelpPage.FormatParameter(
            name,
            GetValue(yaml, "Type"),
            Regex.Match(yaml, @"^Aliases:(?<list>(\n- .*)*)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1))
                .Groups["list"].Value.Split("\n- ", StringSplitOptions.RemoveEmptyEntries),
            IsTrue(yaml, "SupportsWildcards"),
            sets.Select(set => HelpPage.FormatSet(
                set.Split('\n')[0],
                GetValue(set, "Position"),
                IsTrue(set, "IsRequired"),
                IsTrue(set, "ValueFromPipeline"),
                IsTrue(set, "ValueFromPipelineByPropertyName"))));
    }

    private static string ReadSyntax(KeyValuePair<string, string> section)
    {
        const string Default = " (Default)";
        bool isDefault = section.Key.EndsWith(Default, StringComparison.Ordinal);
        return HelpPage.FormatSyntax(
            isDefault ? section.Key[..^Default.Length] : section.Key is "__AllParameterSets" ? "(All)" : section.Key,
            isDefault,
            ParameterInSyntax().Matches(section.Value).Select(match => match.Value));
    }

    private static bool IsTrue(string yaml, string key) => string.Equals(GetValue(yaml, key), "true", StringComparison.OrdinalIgnoreCase);

    private static string GetValue(string yaml, string key) =>
        Regex.Match(yaml, $@"^ *{key}: *(?<value>.*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Groups["value"].Value;

    private static Dictionary<string, string> Split(string text, string mark) =>
        ("\n" + text).Split("\n" + mark)[1..].ToDictionary(part => part.Split('\n')[0], part => part[part.IndexOf('\n', StringComparison.Ordinal)..], StringComparer.Ordinal);

    [GeneratedRegex(@"```powershell\n(?<code>.*?)\n```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();

    [GeneratedRegex(@"(?<=[\s\[])-\w+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ParameterInSyntax();
}
