using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Measures what memory is used for, by the memory cgroup that it is charged to.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "KPageCgroup")]
[OutputType(typeof(KPageCgroupSummary))]
public sealed class MeasureKPageCgroupCommand : PagemapCommand
{
    /// <summary>Cgroups, specified by the path or the inode of their directory, each with all cgroups below it.</summary>
    [Parameter(Position = 0)]
    [ArgumentCompleter(typeof(CgroupCompleter))]
    public string[] Cgroup { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        IReadOnlySet<ulong>? cgroups = this.ResolveCgroups(Cgroup, Procfs);
        WorkProgress progress = WorkProgress.ForFrames(this, "Counting page frames by cgroup");
        Task<IReadOnlyList<KPageCgroupSummary>> measuring = Task.Run(() => Procfs.MeasureKPageCgroups(cgroups, Warn, progress, CancellationToken));
        bool isMeasured = TryRead(() => progress.PollUntilDone(measuring));
        progress.Complete();
        if (isMeasured)
        {
            WriteObject(measuring.Result, enumerateCollection: true);
        }
    }
}
