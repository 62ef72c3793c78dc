namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Runs of page frames with equal words. The frames of a folio after the first take their use and the inherited word from the first: in 6.1
/// only the first page frame of a folio has the flags LRU and SWAPBACKED and the cgroup (fs/proc/page.c).
/// </summary>
/// <param name="flags">The words of kpageflags; the first is that of no tail.</param>
/// <param name="others">The words of another file for the same page frames; empty for none.</param>
internal ref struct FrameRuns(ReadOnlySpan<ulong> flags, ReadOnlySpan<ulong> others)
{
    private readonly ReadOnlySpan<ulong> _flags = flags;
    private readonly ReadOnlySpan<ulong> _others = others;
    private (PageUse Use, ulong Other)? _head;

    /// <summary>The index of the first page frame of the run.</summary>
    public int First { get; private set; }

    /// <summary>The number of page frames of the run.</summary>
    public int Length { get; private set; }

    /// <summary>The flags of each.</summary>
    public ulong Flags { get; private set; }

    /// <summary>The other word of each; 0 if there is none.</summary>
    public ulong Other { get; private set; }

    /// <summary>The other word of the first page frame of the folio.</summary>
    public ulong InheritedOther { get; private set; }

    /// <summary>What each is used for.</summary>
    public PageUse Use { get; private set; }

    /// <summary>Moves to the next run; false at the end.</summary>
    public bool MoveNext()
    {
        First += Length;
        if (First >= _flags.Length)
        {
            return false;
        }

        Flags = _flags[First];
        Other = _others.IsEmpty ? 0 : _others[First];
        Length = CountRun(_flags[First..], Flags);
        Length = _others.IsEmpty ? Length : CountRun(_others.Slice(First, Length), Other);

        bool isTail = (Flags & (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL)) == (ulong)KPageFlags.COMPOUND_TAIL;
        (Use, InheritedOther) = isTail && _head is { } known ? known : (PageUseClassifier.Classify(Flags), Other);
        _head = isTail ? _head : (Flags & (ulong)KPageFlags.COMPOUND_HEAD) != 0 ? (Use, Other) : null;
        return true;
    }

    private static int CountRun(ReadOnlySpan<ulong> words, ulong word)
    {
        int run = words.IndexOfAnyExcept(word);
        return run < 0 ? words.Length : run;
    }
}
