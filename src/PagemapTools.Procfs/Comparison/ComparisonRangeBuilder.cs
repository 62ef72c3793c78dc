using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Comparison;

/// <summary>Joins comparisons that follow one another and are alike into ranges. Stores one range at a time.</summary>
internal sealed class ComparisonRangeBuilder
{
    private readonly PageRangeBuilder _reference = new(ignorePfn: true);
    private readonly PageRangeBuilder _difference = new(ignorePfn: true);
    private PageSide _side;

    /// <summary>Adds a comparison. A side without a page is ignored.</summary>
    /// <returns>The range before it, if the comparison does not extend that range; else null.</returns>
    public PageComparisonRange? Add(PageSide side, in PageValues reference, in PageValues difference)
    {
        bool extends = side == _side
            && (side == PageSide.DifferenceOnly || _reference.CanExtend(reference))
            && (side == PageSide.ReferenceOnly || _difference.CanExtend(difference));
        PageComparisonRange? finished = extends ? null : Complete();
        _side = side;
        if (side != PageSide.DifferenceOnly)
        {
            _reference.Add(reference);
        }

        if (side != PageSide.ReferenceOnly)
        {
            _difference.Add(difference);
        }

        return finished;
    }

    /// <summary>Returns the last range; null if there is none.</summary>
    public PageComparisonRange? Complete()
    {
        PageRange? reference = _reference.Complete();
        PageRange? difference = _difference.Complete();
        return reference is null && difference is null ? null : new PageComparisonRange(_side, (ProcessPageRange?)reference, (ProcessPageRange?)difference);
    }
}
