using System.Management.Automation;

namespace PagemapTools.Tests.Support;

/// <summary>The documentation of a cmdlet, in a form common to the cmdlet, its Markdown and its MAML.</summary>
internal sealed record HelpPage
{
    public required string Name { get; init; }

    /// <summary>A line for each parameter.</summary>
    public required IReadOnlyList<string> Parameters { get; init; }

    /// <summary>A line for each parameter set.</summary>
    public required IReadOnlyList<string> Syntax { get; init; }

    public required IReadOnlyList<string> Inputs { get; init; }

    public required IReadOnlyList<string> Outputs { get; init; }

    /// <summary>Texts by their subject: SYNOPSIS, DESCRIPTION, NOTES, -Parameter, a type. The page made from a cmdlet has none.</summary>
    public IReadOnlyDictionary<string, string> Texts { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The code of each example, by its title.</summary>
    public IReadOnlyDictionary<string, string> Examples { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Makes the page from the engine's metadata of a cmdlet.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="isMaml">Whether to make the page for the comparison with MAML, which has no parameter set names.</param>
    public static HelpPage FromCmdlet(CmdletInfo cmdlet, bool isMaml)
    {
        ParameterMetadata[] parameters = [.. cmdlet.Parameters.Values.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name))];
        return new HelpPage
        {
            Name = cmdlet.Name,
            Parameters = Sort(parameters.Select(parameter => FormatLine(parameter, isMaml))),
            Syntax = Sort(cmdlet.ParameterSets.Select(set => FormatLine(set, isMaml))),
            Inputs = Sort(parameters.Where(IsBoundFromPipeline).Select(parameter => parameter.ParameterType.FullName!).Distinct(StringComparer.Ordinal)),
            Outputs = Sort(cmdlet.OutputType.Select(type => type.Name)),
        };
    }

    /// <summary>Formats all attributes of a parameter as one line.</summary>
    public static string FormatParameter(string name, string type, IEnumerable<string> aliases, bool takesWildcards, IEnumerable<string> sets) =>
        $"-{name} {type}, aliases [{string.Join(' ', Sort(aliases))}], wildcards {takesWildcards}, {string.Join("; ", Sort(sets))}";

    /// <summary>Formats the attributes of a parameter in one set.</summary>
    public static string FormatSet(string? name, string position, bool isRequired, bool byValue, bool byPropertyName) =>
        $"{name} at {position.ToUpperInvariant()}{(isRequired ? " required" : "")}{(byValue ? " by value" : "")}{(byPropertyName ? " by property" : "")}".TrimStart();

    /// <summary>Formats a parameter set as one line.</summary>
    public static string FormatSyntax(string? name, bool isDefault, IEnumerable<string> parameters) =>
        $"{name}{(isDefault ? " (default)" : "")}: {string.Join(' ', Sort(parameters))}";

    public static IReadOnlyList<string> Sort(IEnumerable<string> lines) => [.. lines.Order(StringComparer.Ordinal)];

    private static string FormatLine(ParameterMetadata parameter, bool isMaml)
    {
        IEnumerable<string> sets = parameter.ParameterSets.Select(set => FormatSet(
            isMaml ? null : set.Key == ParameterAttribute.AllParameterSets ? "(All)" : set.Key,
            FormatPosition(set.Value.Position),
            set.Value.IsMandatory,
            set.Value.ValueFromPipeline,
            set.Value.ValueFromPipelineByPropertyName));
        return FormatParameter(
            parameter.Name,
            parameter.ParameterType.FullName!,
            parameter.Aliases,
            parameter.Attributes.OfType<SupportsWildcardsAttribute>().Any(),
            sets.Distinct(StringComparer.Ordinal));
    }

    private static string FormatLine(CommandParameterSetInfo set, bool isMaml) => FormatSyntax(
        isMaml ? null : set.Name == ParameterAttribute.AllParameterSets ? "(All)" : set.Name,
        set.IsDefault && !isMaml,
        set.Parameters.Where(parameter => !Cmdlet.CommonParameters.Contains(parameter.Name)).Select(parameter => $"-{parameter.Name}"));

    private static bool IsBoundFromPipeline(ParameterMetadata parameter) =>
        parameter.ParameterSets.Values.Any(set => set.ValueFromPipeline || set.ValueFromPipelineByPropertyName);

    private static string FormatPosition(int position) => position == int.MinValue ? "named" : $"{position}";
}
