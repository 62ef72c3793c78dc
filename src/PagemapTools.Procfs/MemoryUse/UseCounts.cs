using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.MemoryUse;

/// <summary>Page frames by their use.</summary>
internal sealed class UseCounts
{
    private const int Uses = (int)PageUse.MappedElsewhere + 1;

    private readonly long[] _frames = new long[Uses];

    public long this[PageUse use]
    {
        get => _frames[(int)use];
        set => _frames[(int)use] = value;
    }

    /// <summary>Anonymous page frames among those in the swap cache; the others are of shared memory.</summary>
    public long AnonymousInSwapCache { get; set; }

    /// <summary>Page frames that hold something.</summary>
    public long Used => _frames.Sum() - this[PageUse.Free] - this[PageUse.NotMemory] - this[PageUse.Offline] - this[PageUse.Unknown];

    /// <summary>Adds page frames of one use, whose word of kpageflags says whether those in the swap cache are anonymous.</summary>
    public void Add(PageUse use, ulong word, long frames)
    {
        this[use] += frames;
        AnonymousInSwapCache += use == PageUse.SwapCache && (word & (ulong)KPageFlags.ANON) != 0 ? frames : 0;
    }

    public void Add(UseCounts other)
    {
        for (int use = 0; use < Uses; use++)
        {
            _frames[use] += other._frames[use];
        }

        AnonymousInSwapCache += other.AnonymousInSwapCache;
    }
}
