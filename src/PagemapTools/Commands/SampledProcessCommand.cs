using System.Diagnostics;
using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>
/// Cmdlets that measure processes, once or repeatedly, as Get-Counter does: -SampleInterval, -MaxSamples, -Continuous. Targets that names
/// select are looked up again for each sample. A process that no longer exists is one error, and the others are measured on.
/// </summary>
public abstract class SampledProcessCommand : ProcessTargetCommand
{
    private readonly List<int> _targets = [];
    private UnnamedProcesses? _unnamed;
    private int _failureCount;

    /// <summary>The names of the processes, or their ids; wildcards are allowed. The default is all processes that the caller may read.</summary>
    [Parameter(Position = 0, ParameterSetName = NameSet)]
    [Alias("ProcessName")]
    [SupportsWildcards]
    [ValidateNotNullOrEmpty]
    [ValidateWildcards]
    [ArgumentCompleter(typeof(ProcessNameCompleter))]
    public string[] Name { get; set; } = [];

    /// <summary>The processes, as Get-Process returns them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(Process[]))]
    public Process[] InputObject { get; set; } = [];

    /// <summary>Seconds between the beginnings of two samples.</summary>
    [Parameter]
    [ValidateRange(0.01, 1_000_000)]
    [VisibleArgument(typeof(double))]
    public double SampleInterval { get; set; } = 1;

    /// <summary>The number of samples.</summary>
    [Parameter]
    [ValidateRange(1, long.MaxValue)]
    [VisibleArgument(typeof(long))]
    public long MaxSamples { get; set; } = 1;

    /// <summary>Takes samples until Ctrl+C.</summary>
    [Parameter]
    public SwitchParameter Continuous { get; set; }

    private protected override string[] Names => Name;

    private protected override Process[] Processes => InputObject;

    /// <summary>Whether the targets are all processes.</summary>
    private protected bool SelectsAllProcesses => ParameterSetName == NameSet && Name.Length == 0;

    /// <summary>Whether a target from the pipeline is measured as soon as it arrives; if not, all are measured together at the end.</summary>
    private protected virtual bool StreamsTargets => true;

    private bool IsSampling => Continuous || MaxSamples > 1;

    private bool IsResolvedAnew => ParameterSetName == NameSet && !MyInvocation.ExpectingInput;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        if (Continuous && MyInvocation.BoundParameters.ContainsKey(nameof(MaxSamples)))
        {
            ThrowTerminatingError(PagemapErrors.ContinuousAndMaxSamples());
        }

        BeginSample(DateTime.Now);
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (IsResolvedAnew)
        {
            return;
        }

        if (MyInvocation.ExpectingInput && StreamsTargets && !IsSampling)
        {
            WriteSample([.. ResolveTargets()]);
        }
        else
        {
            _targets.AddRange(ResolveTargets());
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        if (MyInvocation.ExpectingInput && StreamsTargets && !IsSampling)
        {
            return;
        }

        SampleClock clock = new(TimeSpan.FromSeconds(SampleInterval), Continuous ? null : MaxSamples);
        bool isFirst = true;
        foreach (DateTime timestamp in Guard(clock.WaitForSamples(CancellationToken)))
        {
            IReadOnlyList<int> targets = GetTargets(isFirst);
            if (targets.Count == 0 && !IsResolvedAnew)
            {
                break;
            }

            _failureCount = 0;
            BeginSample(timestamp);
            WriteSample(targets);
            _unnamed?.Complete(isAnyRead: _failureCount < targets.Count);
            _unnamed?.WarnOfDenied();
            isFirst = false;
        }
    }

    /// <summary>Begins a sample: what is written from now on has this time.</summary>
    private protected abstract void BeginSample(DateTime timestamp);

    /// <summary>Measures the targets and writes what was found.</summary>
    private protected abstract void WriteSample(IReadOnlyList<int> targets);

    /// <summary>Reports the failure of one target.</summary>
    private protected void ReportTarget(ProcfsException failure)
    {
        // A process that ended is one error, and not one for each sample to come.
        _targets.RemoveAll(id => failure.Error == ProcfsError.ProcessNotFound && id == failure.ProcessId);
        _failureCount++;
        if (SelectsAllProcesses && failure.IsPerProcess())
        {
            (_unnamed ??= new UnnamedProcesses(this)).Report(failure);
        }
        else
        {
            Report(failure);
        }
    }

    private IReadOnlyList<int> GetTargets(bool isFirst)
    {
        if (!IsResolvedAnew)
        {
            return [.. _targets];
        }

        return SelectsAllProcesses ? ListProcessIds() : [.. isFirst ? ResolveTargets() : ResolveTargetsAgain()];
    }
}
