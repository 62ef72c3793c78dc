using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.Benchmarks.Verbs;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class StreamRow : BudgetRow
{
    private string _module = null!;
    private TargetProcess _target = null!;

    public override int Number => 8;

    public override string Work => "peak memory of streaming 10 Mi pages";

    public override string Against => "of streaming 1 Mi";

    public override Bound Bound => Bound.AtMost(1.1);

    public override Unit Unit => Unit.Mebibytes;

    private AddressRange Tenth => new(_target.Range.Start, _target.Range.Start + ((ulong)(_target.PageCount / 10) * PageGeometry.PageSize));

    public override bool HasCpuTime => false;

    public override void Prepare(Surroundings surroundings)
    {
        _module = surroundings.Module.Manifest;
        _target = NoteShortage(surroundings.Targets.ReadOnly());
        Note($"VmHWM of a fresh process with the embedded engine; {_target.PageCount} pages present, each the zero page");
    }

    public override void WarmUp()
    {
        // Each measurement starts a process.
    }

    public override double MeasureOurs() => StreamVerb.Measure(_module, _target.ProcessId, _target.Range, _target.PageCount);

    public override double MeasureTheirs() => StreamVerb.Measure(_module, _target.ProcessId, Tenth, _target.PageCount / 10);
}
