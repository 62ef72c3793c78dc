using System.Management.Automation;
using PagemapTools.Commands;

namespace PagemapTools;

/// <summary>What -Together and -GroupBy of Measure-ProcessUss exclude, and what users must know about their figures.</summary>
internal static class GroupMeasurements
{
    private static readonly string[] s_excluded = [
        nameof(MeasureProcessUssCommand.ByMapping),
        nameof(MeasureProcessUssCommand.Mapping),
        nameof(MeasureProcessUssCommand.LiteralMapping),
        nameof(MeasureProcessUssCommand.Method),
        nameof(MeasureProcessUssCommand.ByNode),
    ];

    /// <summary>Finds a parameter that cannot be used for groups; null if there is none.</summary>
    public static ErrorRecord? FindConflict(IDictionary<string, object> boundParameters) =>
        boundParameters.ContainsKey(nameof(MeasureProcessUssCommand.Together)) && boundParameters.ContainsKey(nameof(MeasureProcessUssCommand.GroupBy))
            ? PagemapErrors.TogetherAndGroupBy()
            : Array.Find(s_excluded, boundParameters.ContainsKey) is { } parameter ? PagemapErrors.GroupOfMappings($"-{parameter}") : null;

    /// <summary>Finds what the figures of a group assume.</summary>
    public static List<string> FindWarnings(ProcessGroupUss group) =>
        group.UnexaminedProcessCount > 0 && group.FreedShmem + group.FreedDeletedFile + group.SwapFreed > 0
            ? ["This user may not examine the mappings and open files of some processes (UnexaminedProcessCount). FreedShmem, FreedDeletedFile and "
                + "SwapFreed assume that they hold nothing of the group. CAP_SYS_PTRACE is missing, or a security module refuses."]
            : [];
}
