using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PagemapTools.Tests.Support;

/// <summary>Reads the MAML help, which PlatyPS makes from Markdown and PowerShell shows.</summary>
internal static partial class MamlHelp
{
    private static readonly XNamespace s_maml = "http://schemas.microsoft.com/maml/2004/10";
    private static readonly XNamespace s_command = "http://schemas.microsoft.com/maml/dev/command/2004/10";
    private static readonly XNamespace s_dev = "http://schemas.microsoft.com/maml/dev/2004/10";

    public static IEnumerable<HelpPage> Read(string path) => XDocument.Load(path).Descendants(s_command + "command").Select(Page);

    private static HelpPage Page(XElement command)
    {
        XElement details = command.Element(s_command + "details")!;
        XElement[] parameters = [.. command.Element(s_command + "parameters")!.Elements(s_command + "parameter")];
        XElement[] inputs = [.. command.Descendants(s_command + "inputType")];
        XElement[] outputs = [.. command.Descendants(s_command + "returnValue")];
        Dictionary<string, string> texts = new(StringComparer.Ordinal)
        {
            ["SYNOPSIS"] = TextOf(details),
            ["DESCRIPTION"] = TextOf(command),
            ["NOTES"] = Paragraphs(command.Element(s_maml + "alertSet")),
        };
        foreach (XElement parameter in parameters)
        {
            texts["-" + parameter.Element(s_maml + "name")!.Value] = TextOf(parameter);
        }

        foreach (XElement type in inputs.Concat(outputs))
        {
            texts[TypeOf(type)] = $"{texts.GetValueOrDefault(TypeOf(type))} {TextOf(type)}";
        }

        return new HelpPage
        {
            Name = details.Element(s_command + "name")!.Value,
            Parameters = HelpPage.Sorted(parameters.Select(Line)),
            Syntax = HelpPage.Sorted(command.Descendants(s_command + "syntaxItem").Select(Syntax)),
            Inputs = HelpPage.Sorted(inputs.Select(TypeOf)),
            Outputs = HelpPage.Sorted(outputs.Select(TypeOf)),
            Texts = texts,
            Examples = command.Descendants(s_command + "example").ToDictionary(
                example => example.Element(s_maml + "title")!.Value.Trim('-', ' '),
                example => Code().Match(Paragraphs(example.Element(s_maml + "introduction"))).Groups["code"].Value.Replace("\n    ", "\n", StringComparison.Ordinal),
                StringComparer.Ordinal),
        };
    }

    private static string Line(XElement parameter)
    {
        string pipeline = parameter.Attribute("pipelineInput")!.Value;
        return HelpPage.ParameterLine(
            parameter.Element(s_maml + "name")!.Value,
            TypeOf(parameter),
            parameter.Attribute("aliases")!.Value is "none" ? [] : parameter.Attribute("aliases")!.Value.Split(", "),
            (bool)parameter.Attribute("globbing")!,
            [HelpPage.SetText(
                null,
                parameter.Attribute("position")!.Value,
                (bool)parameter.Attribute("required")!,
                pipeline.Contains("ByValue", StringComparison.Ordinal),
                pipeline.Contains("ByPropertyName", StringComparison.Ordinal))]);
    }

    private static string Syntax(XElement item) => HelpPage.SyntaxLine(
        null,
        isDefault: false,
        item.Elements(s_command + "parameter").Select(parameter => "-" + parameter.Element(s_maml + "name")!.Value));

    private static string TypeOf(XElement element) => element.Element(s_dev + "type")!.Element(s_maml + "name")!.Value;

    private static string TextOf(XElement element) => Paragraphs(element.Element(s_maml + "description"));

    private static string Paragraphs(XElement? text) => string.Join("\n\n", text?.Descendants(s_maml + "para").Select(paragraph => paragraph.Value) ?? []);

    // build.ps1 puts a prompt before the code and indents the following lines.
    [GeneratedRegex(@"^PS> (?<code>.*?)(?=\n\n|\z)", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Code();
}
