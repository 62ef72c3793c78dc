using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Comparison;

/// <summary>Merges two readings in ascending order of address. It stores one page of each.</summary>
internal sealed class PageMerge : IDisposable
{
    private readonly ProcRoot _root;

    public PageMerge(ProcRoot root, IEnumerable<ProcessPageInfo> reference, IEnumerable<ProcessPageInfo> difference)
    {
        _root = root;
        Reference = new PageCursor(reference);
        Difference = new PageCursor(difference);
    }

    public PageCursor Reference { get; }

    public PageCursor Difference { get; }

    /// <summary>The result at the current address.</summary>
    public PageSide Side { get; private set; } = PageSide.Same;

    public bool HasReference => Side != PageSide.DifferenceOnly;

    public bool HasDifference => Side != PageSide.ReferenceOnly;

    /// <summary>Moves to the next address that either has.</summary>
    /// <exception cref="ProcfsException">A reading failed, or the kernel hides what has to be compared.</exception>
    public bool MoveNext()
    {
        // Both start before their first page.
        if (HasReference)
        {
            Reference.MoveNext();
        }

        if (HasDifference)
        {
            Difference.MoveNext();
        }

        if (!Reference.HasPage && !Difference.HasPage)
        {
            return false;
        }

        Side = !Difference.HasPage || (Reference.HasPage && Reference.Values.Address < Difference.Values.Address) ? PageSide.ReferenceOnly
            : !Reference.HasPage || Difference.Values.Address < Reference.Values.Address ? PageSide.DifferenceOnly
            : IsSame(Reference.Values, Difference.Values) ? PageSide.Same
            : PageSide.Different;
        return true;
    }

    public void Dispose()
    {
        Reference.Dispose();
        Difference.Dispose();
    }

    // The bits below soft-dirty are the page frame number, or the swap type and offset, or the kind of a marker. A hidden one reads 0.
    private bool IsSame(in PageValues reference, in PageValues difference)
    {
        if (IsHidden(reference) || IsHidden(difference))
        {
            throw HiddenFrames.CreateException(_root);
        }

        return reference.State == difference.State && reference.Entry.RawPfn == difference.Entry.RawPfn;
    }

    private static bool IsHidden(in PageValues page) => page.IsPfnHidden || page.State == PageState.Hidden;
}
