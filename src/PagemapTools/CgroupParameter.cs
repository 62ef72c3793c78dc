using System.Management.Automation;

namespace PagemapTools;

/// <summary>The cgroups that a user names.</summary>
internal static class CgroupParameter
{
    /// <summary>Resolves cgroups to inodes. A cgroup is specified by its inode, its full path, or its path below the hierarchy. Null if none is specified.</summary>
    public static IReadOnlySet<ulong>? ResolveCgroups(this PSCmdlet cmdlet, string[] cgroups, ProcfsContext procfs) =>
        cgroups.Length == 0 ? null : new HashSet<ulong>(cgroups.Select(cgroup => Resolve(cmdlet, cgroup, procfs)));

    private static ulong Resolve(PSCmdlet cmdlet, string cgroup, ProcfsContext procfs)
    {
        ulong? inode = procfs.Cgroups.GetInode(cgroup);
        if (inode is null)
        {
            cmdlet.ThrowTerminatingError(PagemapErrors.CgroupNotFound(cgroup, procfs.Cgroups.Root));
        }

        return inode!.Value;
    }
}
