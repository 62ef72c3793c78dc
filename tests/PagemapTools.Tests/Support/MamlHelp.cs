using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PagemapTools.Tests.Support;

/// <summary>Reads the MAML help, which PlatyPS makes from Markdown and PowerShell shows.</summary>
internal static partial class MamlHelp
{
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static IEnumerable<HelpPage> Read(string path) => XDocument.Load(path).Descendants(s_command + "command").Select(ReadPage);

    private static HelpPage ReadPage(XElement command)
    {
        XElement details = command.Element(s_command + "details")!;
        XElement[] parameters = [.. command.Element(s_command + "parameters")!.Elements(s_command + "parameter")];
        XElement[] inputs = [.. command.Descendants(s_command + "inputType")];
        XElement[] outputs = [.. command.Descendants(s_command + "returnValue")];
        Dictionary<string, string> texts = new(StringComparer.Ordinal)
        {
            ["SYNOPSIS"] = GetText(details),
            ["DESCRIPTION"] = GetText(command),
            ["NOTES"] = JoinParagraphs(command.Element(s_maml + "alertSet")),
        };
        foreach (XElement parameter in parameters)
        {
            texts["-" + parameter.Element(s_maml + "name")!.Value] = GetText(parameter);
        }

        foreach (XElement type in inputs.Concat(outputs))
        {
            texts[GetTypeName(type)] = $"{texts.GetValueOrDefault(GetTypeName(type))} {GetText(type)}";
        }

        return new HelpPage
        {
            Name = details.Element(s_command + "name")!.Value,
            Parameters = HelpPage.Sort(parameters.Select(ReadParameter)),
            Syntax = HelpPage.Sort(command.Descendants(s_command + "syntaxItem").Select(ReadSyntax)),
            Inputs = HelpPage.Sort(inputs.Select(GetTypeName)),
            Outputs = HelpPage.Sort(outputs.Select(GetTypeName)),
            Texts = texts,
            Examples = command.Descendants(s_command + "example").ToDictionary(
                example => example.Element(s_maml + "title")!.Value.Trim('-', ' '),
                example => Code().Match(JoinParagraphs(example.Element(s_maml + "introduction"))).Groups["code"].Value.Replace("\n    ", "\n", StringComparison.Ordinal),
                StringComparer.Ordinal),
        };
    }

    private static string ReadParameter(XElement parameter)
    {
        string pipeline = parameter.Attribute("pipelineInput")!.Value;
        return HelpPage.FormatParameter(
            parameter.Element(s_maml + "name")!.Value,
            GetTypeName(parameter),
            parameter.Attribute("aliases")!.Value is "none" ? [] : parameter.Attribute("aliases")!.Value.Split(", "),
            (bool)parameter.Attribute("globbing")!,
            [HelpPage.FormatSet(
                null,
                parameter.Attribute("position")!.Value,
                (bool)parameter.Attribute("required")!,
                pipeline.Contains("ByValue", StringComparison.Ordinal),
                pipeline.Contains("ByPropertyName", StringComparison.Ordinal))]);
    }

    private static string ReadSyntax(XElement item) => HelpPage.FormatSyntax(
        null,
        isDefault: false,
        item.Elements(s_command + "parameter").Select(parameter => "-" + parameter.Element(s_maml + "name")!.Value));

    private static string GetTypeName(XElement element) => element.Element(s_dev + "type")!.Element(s_maml + "name")!.Value;

    private static string GetText(XElement element) => JoinParagraphs(element.Element(s_maml + "description"));

    private static string JoinParagraphs(XElement? text) => string.Join("\n\n", text?.Descendants(s_maml + "para").Select(paragraph => paragraph.Value) ?? []);

    // build.ps1 puts a prompt before the code and indents the following lines.
    [GeneratedRegex(@"^PS> (?<code>.*?)(?=\n\n|\z)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
