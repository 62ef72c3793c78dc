namespace PagemapTools.Procfs;

/// <summary>Joins rows that follow one another and are alike in all that was asked for into ranges. Holds one range at a time.</summary>
internal sealed class RangeMerger(FlagFilter shown, KPageFields fields)
{
    private readonly KPageFields[] _asked = [.. KPageFiles.EachField.Where(field => (fields & field) != 0)];
    private readonly ulong[] _words = new ulong[KPageFiles.EachField.Length];
    private PageRange? _range;
    private MemoryMapping? _mapping;
    private ulong _address;
    private ulong _pfn;
    private PagemapEntry _entry;
    private PageState _resolved;

    /// <summary>Takes a row; the range before it, if the row does not belong to that.</summary>
    public PageRange? Append(PageBatch batch, int row, Func<PageBatch, int, PageInfo> create)
    {
        if (_range is not null && Continues(batch, row))
        {
            _range.PageCount++;
            Advance(batch, row);
            return null;
        }

        PageRange? finished = _range;
        Remember(batch, row);
        _range = PageRange.Of(create(batch, row));
        return finished;
    }

    /// <summary>The last range; null if there was no row.</summary>
    public PageRange? Finish()
    {
        PageRange? last = _range;
        _range = null;
        return last;
    }

    private bool Continues(PageBatch batch, int row)
    {
        PagemapEntry entry = batch.Entry(row);
        if (!ReferenceEquals(_mapping, batch.Mapping(row)) || _resolved != batch.Resolved(row)
            || (entry.Raw & ~PagemapEntry.FrameMask) != (_entry.Raw & ~PagemapEntry.FrameMask))
        {
            return false;
        }

        return FollowsInAddress(batch, row) && FollowsInFrame(batch.Pfn(row), entry) && HasSameWords(batch, row, entry);
    }

    private bool FollowsInAddress(PageBatch batch, int row) =>
        _mapping is null || batch.Address(row) == _address + PageGeometry.PageSize;

    private bool FollowsInFrame(ulong pfn, PagemapEntry entry)
    {
        if (pfn != PfnRuns.Unknown && _pfn != PfnRuns.Unknown)
        {
            return pfn == _pfn + 1;
        }

        return pfn == _pfn && entry.SwapType == _entry.SwapType
            && (entry.SwapOffset is not { } offset || _entry.SwapOffset is not { } last
                || offset == (IsMarker(entry) ? last : last + 1));
    }

    // A marker keeps its kind where a swapped page has its place.
    private bool IsMarker(PagemapEntry entry) => entry.State(_mapping!.Process.SwapTypes) is not PageState.Swapped;

    private bool HasSameWords(PageBatch batch, int row, PagemapEntry entry)
    {
        for (int i = 0; i < _asked.Length; i++)
        {
            // Words that are alike are shown alike; the reverse is not true of flags.
            ulong word = batch.Word(_asked[i], row);
            if (word != _words[i] && Shown(_asked[i], word, entry) != Shown(_asked[i], _words[i], _entry))
            {
                return false;
            }
        }

        return true;
    }

    private void Remember(PageBatch batch, int row)
    {
        _mapping = batch.Mapping(row);
        _resolved = batch.Resolved(row);
        for (int i = 0; i < _asked.Length; i++)
        {
            _words[i] = batch.Word(_asked[i], row);
        }

        Advance(batch, row);
    }

    private void Advance(PageBatch batch, int row)
    {
        _address = batch.Address(row);
        _pfn = batch.Pfn(row);
        _entry = batch.Entry(row);
    }

    private ulong Shown(KPageFields field, ulong word, PagemapEntry entry) =>
        field == KPageFields.Flags && word != PfnRuns.Unknown ? (ulong)shown.Shown(word, entry) : word;
}
