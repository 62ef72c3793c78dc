namespace PagemapTools.Procfs.Frames;

/// <summary>The page frames of a folio.</summary>
/// <param name="Head">Its first page frame.</param>
/// <param name="Pages">The number of its page frames.</param>
internal readonly record struct FolioExtent(ulong Head, long Pages);

/// <summary>
/// Finds the folio of a page frame by the flags COMPOUND_HEAD and COMPOUND_TAIL in /proc/kpageflags. The buddy allocator returns blocks
/// that are aligned to their size, so a folio that is no larger than a PMD lies in one block of that size. Not safe to use from several threads.
/// </summary>
internal sealed class FolioExtents(PageIndexedFile kpageflags) : IDisposable
{
    private const ulong Head = (ulong)KPageFlags.COMPOUND_HEAD;
    private const ulong Tail = (ulong)KPageFlags.COMPOUND_TAIL;
    private const int NoBlock = -1;

    private static readonly int s_blockFrames = (int)(PageGeometry.PmdSize >> PageGeometry.PageShift);

    // The largest hugetlb page: 1 GiB with 4 KiB pages, 16 GiB with 64 KiB pages.
    private const long MaxHugetlbPages = 1 << 18;

    private readonly RentedArray<ulong> _rented = new(s_blockFrames);
    private ulong _block;
    private int _length = NoBlock;

    /// <summary>Reads the flags of one page frame; 0 beyond the end of memory.</summary>
    public ulong ReadFlags(ulong pfn)
    {
        Span<ulong> word = stackalloc ulong[1];
        return kpageflags.Read(pfn, word) == 1 ? word[0] : 0;
    }

    /// <summary>Whether a page frame continues the folio of the page frame before it.</summary>
    public bool IsTail(ulong pfn) => (ReadFlags(pfn) & Tail) != 0;

    /// <summary>Finds the folio of a page frame; null if the frame was freed or split meanwhile.</summary>
    public FolioExtent? Find(ulong pfn)
    {
        ReadBlock(pfn / (ulong)s_blockFrames);
        ReadOnlySpan<ulong> flags = _rented.Array.AsSpan(0, _length);
        int index = (int)(pfn % (ulong)s_blockFrames);
        int head = index < _length ? index : NoBlock;
        while (head >= 0 && (flags[head] & Tail) != 0)
        {
            head--;
        }

        if (head < 0 || (flags[head] & Head) == 0)
        {
            return null;
        }

        int end = head + 1;
        while (end < _length && (flags[end] & Tail) != 0)
        {
            end++;
        }

        return end - head > 1 ? new FolioExtent(pfn - (ulong)(index - head), end - head) : null;
    }

    /// <summary>Counts the page frames of a hugetlb page from its head; null if the page was freed meanwhile.</summary>
    public long? CountHugetlbPages(ulong head)
    {
        long pages = 1;
        _length = NoBlock;
        while (pages < MaxHugetlbPages)
        {
            Span<ulong> flags = _rented.Array.AsSpan(0, s_blockFrames);
            int read = kpageflags.Read(head + (ulong)pages, flags);
            int tails = CountTails(flags[..read]);
            pages += tails;
            if (tails < s_blockFrames)
            {
                break;
            }
        }

        return pages > 1 ? pages : null;
    }

    /// <summary>Returns the buffer to its pool.</summary>
    public void Dispose() => _rented.Dispose();

    private static int CountTails(ReadOnlySpan<ulong> flags)
    {
        int count = 0;
        while (count < flags.Length && (flags[count] & Tail) != 0)
        {
            count++;
        }

        return count;
    }

    // The pages of a folio that is mapped in part follow one another, so the last block is mostly the next.
    private void ReadBlock(ulong block)
    {
        if (block != _block || _length == NoBlock)
        {
            _length = kpageflags.Read(block * (ulong)s_blockFrames, _rented.Array.AsSpan(0, s_blockFrames));
            _block = block;
        }
    }
}
