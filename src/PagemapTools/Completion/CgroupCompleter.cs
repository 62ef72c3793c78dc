using PagemapTools.Procfs;

namespace PagemapTools.Completion;

/// <summary>Completes the directories of memory cgroups.</summary>
public sealed class CgroupCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets) =>
        from path in CgroupNames.Default.All().Order(StringComparer.Ordinal)
        select new Candidate(path, $"inode {CgroupNames.Default.InodeOf(path)}");
}
