using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Verbs;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class ImportRow : BudgetRow
{
    private string? _powerShell;
    private string _module = null!;
    private string _empty = null!;
    private string _emptyWithViews = null!;

    public override int Number => 9;

    public override string Work => "Import-Module in a fresh process";

    public override string Against => "importing a module with one empty cmdlet";

    public override Bound Bound => Bound.AtMost(1.5);

    public override bool HasCpuTime => false;

    // What the engine asks for reading any Types and any Format file, whatever is in them.
    public override string Aside => "of the empty module with an empty Types and an empty Format file";

    public override void Prepare(Surroundings surroundings)
    {
        _powerShell = surroundings.PowerShell;
        _module = surroundings.Module.Manifest;
        _empty = Programs.FileOfThisBuild("PagemapTools.Benchmarks.EmptyModule", "EmptyModule.psd1");
        _emptyWithViews = Programs.FileOfThisBuild("PagemapTools.Benchmarks.EmptyModule", "EmptyModuleWithViews.psd1");
        Note(_powerShell is null ? "in the embedded engine: pwsh is not on PATH (--pwsh names one)" : $"in {_powerShell}");
    }

    public override void WarmUp()
    {
        // Every measurement is of a fresh process; the files are in the page cache after this.
        MeasureOurs();
        MeasureAside();
        MeasureTheirs();
    }

    public override double MeasureOurs() => ImportVerb.Measure(_powerShell, _module);

    public override double MeasureAside() => ImportVerb.Measure(_powerShell, _emptyWithViews);

    public override double MeasureTheirs() => ImportVerb.Measure(_powerShell, _empty);
}
