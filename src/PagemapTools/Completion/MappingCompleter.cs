namespace PagemapTools.Completion;

/// <summary>Completes the mappings of the processes on the command line; without a process, the names that every process has.</summary>
public sealed class MappingCompleter : Completer
{
    private static readonly string[] s_common = ["[anon]", "[heap]", "[stack]", "[vdso]", "[vvar]"];

    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets)
    {
        Candidate[] mappings = [.. targets.ListMappings().DistinctBy(mapping => mapping.Name, StringComparer.Ordinal).OrderBy(mapping => mapping.Name, StringComparer.Ordinal)
            .Select(mapping => ToCandidate(mapping.Name, $"{mapping.Kind} {mapping}"))];
        return mappings.Length > 0 ? mappings : s_common.Select(name => ToCandidate(name, name));
    }

    private static Candidate ToCandidate(string name, string toolTip) => new(name, toolTip, MappingPatterns.EscapeName(name));
}
