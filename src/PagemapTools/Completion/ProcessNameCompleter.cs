namespace PagemapTools.Completion;

/// <summary>Completes the names of running processes. The tooltip lists their ids.</summary>
public sealed class ProcessNameCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets) =>
        targets.ListProcesses()
            .GroupBy(process => process.Name, process => process.Id, StringComparer.Ordinal)
            .OrderBy(name => name.Key, StringComparer.OrdinalIgnoreCase)
            .Select(name => new Candidate(name.Key, string.Join(", ", name), Wildcards.Escape(name.Key)));
}
