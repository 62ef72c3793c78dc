using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.MemoryUse;

/// <summary>Sums the page frames of cgroups.</summary>
internal sealed class CgroupSums(CgroupPaths paths, IReadOnlyDictionary<ulong, UseCounts> counts, CancellationToken cancellationToken)
{
    /// <summary>Gets each cgroup that has page frames, alone, the largest first.</summary>
    public IReadOnlyList<KPageCgroupSummary> GetEach(Action<ReadWarnings>? onWarning)
    {
        bool hasWarned = false;
        List<KPageCgroupSummary> all = [];
        foreach ((ulong inode, UseCounts uses) in counts.Where(cgroup => cgroup.Value.Used > 0))
        {
            string? path = null;
            try
            {
                path = paths.GetPath(inode, cancellationToken);
            }
            catch (ProcfsException incomplete) when (!incomplete.IsExhaustion)
            {
                if (!hasWarned)
                {
                    onWarning?.Invoke(ReadWarnings.UnknownCgroupPaths);
                }

                hasWarned = true;
            }

            all.Add(new KPageCgroupSummary(inode, path, 1, uses));
        }

        return [.. all.OrderByDescending(cgroup => cgroup.PageCount)];
    }

    /// <summary>Gets a cgroup with those below it.</summary>
    public KPageCgroupSummary GetWithChildren(ulong inode)
    {
        string? path = paths.GetPath(inode, cancellationToken);
        UseCounts sum = new();
        int cgroups = 0;
        foreach ((ulong each, UseCounts uses) in counts)
        {
            if (each == inode || (path is not null && paths.GetPath(each, cancellationToken)?.StartsWith($"{path}/", StringComparison.Ordinal) == true))
            {
                sum.Add(uses);
                cgroups += uses.Used > 0 ? 1 : 0;
            }
        }

        return new KPageCgroupSummary(inode, path, cgroups, sum);
    }
}
