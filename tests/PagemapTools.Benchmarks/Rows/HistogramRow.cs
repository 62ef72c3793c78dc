using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class HistogramRow : BudgetRow
{
    private EmbeddedEngine _engine = null!;
    private PageTypes _pageTypes = null!;

    public override int Number => 5;

    public override string Work => "histogram of flags of all of memory";

    public override string Against => "page-types";

    public override Bound Bound => Bound.OneIn(2);

    public override void Prepare(Surroundings surroundings)
    {
        _pageTypes = surroundings.PageTypes();
        _engine = surroundings.Engine;
        if (!_engine.HasCommand("Measure-KPageFlags"))
        {
            throw new SkippedException("the module has no Measure-KPageFlags");
        }

        long ours = _engine.Number("$pages = 0; foreach ($line in Measure-KPageFlags) { $pages += $line.PageCount }; $pages");
        long theirs = _pageTypes.TotalPages();
        Note($"{ours} frames, page-types {theirs}");
    }

    public override double MeasureOurs() => _engine.TimeToNull("Measure-KPageFlags");

    public override double MeasureTheirs() => _pageTypes.Time();
}
