namespace PagemapTools.Completion;

/// <summary>Completes the directories of memory cgroups.</summary>
public sealed class CgroupCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets)
    {
        using ProcfsContext procfs = new();
        CgroupPaths cgroups = procfs.Cgroups;
        return [.. from path in cgroups.GetPaths().Order(StringComparer.Ordinal) select new Candidate(path, $"inode {cgroups.GetInode(path)}")];
    }
}
