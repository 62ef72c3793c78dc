namespace PagemapTools.Completion;

/// <summary>Completes the last name of a bit specification. Names follow a comma, a tilde or an equals sign.</summary>
public sealed class BitSpecCompleter : Completer
{
    private const string Separators = ",~=";

    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets)
    {
        string before = word[..(LastSeparator(word) + 1)];

        // SWAP is not offered: a name may be abbreviated, and swap means SWAPCACHE.
        return from name in Enum.GetNames<KPageFlags>()
               where name is not (nameof(KPageFlags.None) or nameof(KPageFlags.SWAP))
               select new Candidate(name, FlagHelp.Find(name), before + name);
    }

    private protected override bool IsMatch(Candidate candidate, string word) =>
        candidate.Text.StartsWith(word[(LastSeparator(word) + 1)..].Trim(), StringComparison.OrdinalIgnoreCase);

    private static int LastSeparator(string word) => word.AsSpan().LastIndexOfAny(Separators);
}
