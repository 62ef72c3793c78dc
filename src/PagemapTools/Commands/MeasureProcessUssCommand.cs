using System.Management.Automation;
using PagemapTools.Completion;
using PagemapTools.Procfs;

namespace PagemapTools.Commands;

/// <summary>Measures how much memory really belongs to processes.</summary>
[Cmdlet(VerbsDiagnostic.Measure, "ProcessUss", DefaultParameterSetName = NameSet)]
[OutputType(typeof(ProcessUss), typeof(MappingUss))]
public sealed class MeasureProcessUssCommand : ProcessObjectTargetCommand
{
    private readonly List<int> _targets = [];
    private UssMeter? _meter;

    /// <summary>The names of the processes; wildcards are taken. Without any target, all processes that can be read.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>How it is found out which pages are the process's own.</summary>
    [Parameter]
    public UssMethod Method { get; set; } = UssMethod.Exclusive;

    /// <summary>Measures each mapping apart.</summary>
    [Parameter]
    public SwitchParameter ByMapping { get; set; }

    /// <summary>Only these mappings, by their path or the kernel's name for them, such as [heap]; wildcards are taken.</summary>
    [Parameter]
    [SupportsWildcards]
    [ArgumentCompleter(typeof(MappingCompleter))]
    public string[] Mapping { get; set => field = value ?? []; } = [];

    private protected override string[] Names => Name;

    private bool IsOfAll => ParameterSetName == NameSet && Name.Length == 0;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TryRead(() => new UssMeter(Root, Method), out _meter);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (MyInvocation.ExpectingInput)
        {
            Write(Targets().ToList());
        }
        else
        {
            _targets.AddRange(IsOfAll ? Root.ProcessIds() : Targets());
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing() => Write(_targets);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _meter?.Dispose();
        base.Dispose(disposing);
    }

    private void Write(List<int> targets)
    {
        WorkProgress progress = new(this, "Measuring processes");
        int done = 0;
        using IEnumerator<Measured> all = (ByMapping ? MeasureMappings(targets) : MeasureProcesses(targets, progress)).GetEnumerator();
        while (TryRead(all.MoveNext, out bool isThere) && isThere)
        {
            Measured measured = all.Current;
            if (measured.Uss is { } uss)
            {
                WriteObject(uss);
                WarnIfHidden(uss);
            }
            else if (!IsOfAll)
            {
                Report(measured.Failure!);
            }
            else
            {
                WriteVerbose(measured.Failure!.Message);
            }

            done++;
            progress.Show(() => ByMapping ? $"{done} mappings" : $"{done} of {targets.Count}", ByMapping ? null : done / (double)targets.Count);
        }

        progress.Complete();
    }

    private IEnumerable<Measured> MeasureProcesses(List<int> targets, WorkProgress progress)
    {
        Func<MemoryMapping, bool>? mappings = MappingPatterns.ToFilter(Mapping);
        if (targets.Count == 1)
        {
            return targets.Select(id => MeasureTogether(id, mappings, progress));
        }

        return targets.AsParallel().AsOrdered().WithMergeOptions(ParallelMergeOptions.NotBuffered).WithCancellation(Stop)
            .Select(id => Measure(id, mappings, threads: 1));
    }

    private Measured MeasureTogether(int id, Func<MemoryMapping, bool>? mappings, WorkProgress progress)
    {
        ulong position = 0;
        Task<Measured> measuring = Task.Run(() => Measure(id, mappings, Environment.ProcessorCount, address => Volatile.Write(ref position, address)));
        WorkProgress.Await(measuring, () => progress.ShowAddress(Volatile.Read(ref position)));
        return measuring.Result;
    }

    private Measured Measure(int id, Func<MemoryMapping, bool>? mappings, int threads, Action<ulong>? progress = null)
    {
        try
        {
            return new Measured(_meter!.Measure(id, mappings, threads, Stop, progress), null);
        }
        catch (ProcfsException failure)
        {
            return new Measured(null, failure);
        }
    }

    private IEnumerable<Measured> MeasureMappings(List<int> targets)
    {
        Func<MemoryMapping, bool>? filter = MappingPatterns.ToFilter(Mapping);
        foreach (int id in targets)
        {
            using IEnumerator<MappingUss> mappings = _meter!.MeasureMappings(id, filter, Stop).GetEnumerator();
            while (true)
            {
                Measured measured = Next(mappings);
                if (measured is { Uss: null, Failure: null })
                {
                    break;
                }

                yield return measured;
                if (measured.Failure is not null)
                {
                    break;
                }
            }
        }
    }

    private static Measured Next(IEnumerator<MappingUss> mappings)
    {
        try
        {
            return new Measured(mappings.MoveNext() ? mappings.Current : null, null);
        }
        catch (ProcfsException failure)
        {
            return new Measured(null, failure);
        }
    }

    private void WarnIfHidden(ProcessUss uss)
    {
        if (uss.Uss is null)
        {
            WarnHiddenFrames();
        }

        else if (uss.Rss is null)
        {
            WarnOnce("Rss and Shared are null where the zero page cannot be told: that takes CAP_SYS_ADMIN in the initial user namespace, or Linux 6.7.");
        }

        if (uss is { Method: UssMethod.MapCount, Uss: not null, Pss: null })
        {
            WarnOnce("Pss is null where pages are shared in memory that the kernel has not taken into its map: /proc/kpagecount says nothing of them.");
        }

        if (uss.Swap is null)
        {
            WarnOnce("Swap is null where the kernel hides it: what is missing is CAP_SYS_ADMIN in the initial user namespace.");
        }
    }

    /// <summary>The figures of one target, or why there are none.</summary>
    private readonly record struct Measured(ProcessUss? Uss, ProcfsException? Failure);
}
