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

    public override string Against => "importing an empty module that has an empty types and an empty format file";

    public override Bound Bound => Bound.AtMost(1.3);

    public override bool HasCpuTime => false;

    // The difference is what the engine takes to read any types file and any format file.
    public override string Aside => "the empty module without these files";

    public override void Prepare(Surroundings surroundings)
    {
        _powerShell = surroundings.PowerShell;
        _module = surroundings.Module.Manifest;
        _empty = Programs.FindBuiltFile("PagemapTools.Benchmarks.EmptyModule", "EmptyModule.psd1");
        _emptyWithViews = Programs.FindBuiltFile("PagemapTools.Benchmarks.EmptyModule", "EmptyModuleWithViews.psd1");
        Note(_powerShell is null ? "in the embedded engine: pwsh is not on PATH (--pwsh names one)" : $"in {_powerShell}");
    }

    public override void WarmUp()
    {
        // Each measurement starts a process; this brings the files into the page cache.
        MeasureOurs();
        MeasureAside();
        MeasureTheirs();
    }

    public override double MeasureOurs() => ImportVerb.Measure(_powerShell, _module);

    public override double MeasureAside() => ImportVerb.Measure(_powerShell, _empty);

    public override double MeasureTheirs() => ImportVerb.Measure(_powerShell, _emptyWithViews);
}
