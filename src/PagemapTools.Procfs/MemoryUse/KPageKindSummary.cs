using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.MemoryUse;

/// <summary>The number of page frames that are used for one thing.</summary>
public sealed class KPageKindSummary
{
    internal KPageKindSummary(PageUse kind, long pageCount)
    {
        Kind = kind;
        PageCount = pageCount;
    }

    /// <summary>What the page frames are used for.</summary>
    public PageUse Kind { get; }

    /// <summary>The number of page frames.</summary>
    public long PageCount { get; }

    /// <summary>Their size in bytes.</summary>
    public long Bytes => PageCount << PageGeometry.PageShift;
}
