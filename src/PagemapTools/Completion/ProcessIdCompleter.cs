using System.Globalization;

namespace PagemapTools.Completion;

/// <summary>Completes the ids of running processes from the beginning of an id or a name. The tooltip is the name.</summary>
public sealed class ProcessIdCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets) =>
        from process in targets.ListProcesses()
        let id = process.Id.ToString(CultureInfo.InvariantCulture)
        select new Candidate($"{id} {process.Name}", process.Name, id);

    private protected override bool IsMatch(Candidate candidate, string word) =>
        candidate.Argument!.StartsWith(word, StringComparison.Ordinal) || candidate.ToolTip.StartsWith(word, StringComparison.OrdinalIgnoreCase);
}
