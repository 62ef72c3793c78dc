namespace PagemapTools.Completion;

/// <summary>Completes the directories of memory cgroups.</summary>
public sealed class CgroupCompleter : Completer
{
    private protected override IEnumerable<Candidate> GetCandidates(string word, BoundTargets targets)
    {
        using ProcfsContext procfs = new();
        CgroupPaths cgroups = procfs.Cgroups;
        try
        {
            // The inode costs three system calls: only those of the cgroups that match are read.
            return [.. from path in cgroups.GetPaths().Order(StringComparer.Ordinal)
                       select new Candidate(path, path.Contains(word, StringComparison.OrdinalIgnoreCase) ? $"inode {cgroups.GetInode(path)}" : null)];
        }
        catch (ProcfsException)
        {
            // The engine shows no error of a completer.
            return [];
        }
    }
}
