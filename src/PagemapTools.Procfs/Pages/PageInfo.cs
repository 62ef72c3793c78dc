namespace PagemapTools.Procfs.Pages;

/// <summary>A page frame.</summary>
public class PageInfo : FrameInfo
{
    /// <summary>Creates a page frame with its number and no other properties.</summary>
    public PageInfo(ulong pfn)
        : this(new PageValues(pfn))
    {
    }

    internal PageInfo(in PageValues values)
        : base(values)
    {
    }

    /// <summary>The kernel's word of flags, as it was read.</summary>
    public ulong? RawFlags => PageValues.ToNullable(Values.RawFlags);
}
