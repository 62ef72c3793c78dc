namespace PagemapTools.Completion;

/// <summary>Completes the address ranges of mappings, for the processes on the command line. The tooltip is the name of the mapping.</summary>
public sealed class AddressCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets) =>
        from mapping in targets.ListMappings()
        select new Candidate($"0x{mapping.Start:x}-0x{mapping.End:x}", $"{mapping.Permissions} {mapping.Name}");
}
