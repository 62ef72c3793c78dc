namespace PagemapTools.Completion;

/// <summary>Completes the mappings of the processes that are already on the line; without one, the names that every process has.</summary>
public sealed class MappingCompleter : Completer
{
    private static readonly string[] s_everywhere = ["[anon]", "[heap]", "[stack]", "[vdso]", "[vvar]"];

    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets)
    {
        Candidate[] known = [.. targets.ListMappings().DistinctBy(mapping => mapping.Name, StringComparer.Ordinal).OrderBy(mapping => mapping.Name, StringComparer.Ordinal)
            .Select(mapping => ToCandidate(mapping.Name, $"{mapping.Kind} {mapping}"))];
        return known.Length > 0 ? known : s_everywhere.Select(name => ToCandidate(name, name));
    }

    private static Candidate ToCandidate(string name, string toolTip) => new(name, toolTip, MappingPatterns.EscapeName(name));
}
