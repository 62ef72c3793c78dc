namespace PagemapTools.Completion;

/// <summary>Completes the ranges of the mappings of the processes on the line; the tooltip is the mapping's name.</summary>
public sealed class AddressCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets) =>
        from mapping in targets.ListMappings()
        select new Candidate($"0x{mapping.Start:x}-0x{mapping.End:x}", $"{mapping.Permissions} {mapping.Name}");
}
