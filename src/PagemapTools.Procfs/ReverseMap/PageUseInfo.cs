using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>A page frame for which no mapping was found, and what it is used for.</summary>
public sealed class PageUseInfo : PageInfo
{
    internal PageUseInfo(in PageValues values, PageUse use)
        : base(values)
    {
        Use = use;
    }

    /// <summary>Null: no process. Results of one reading can so be sorted and grouped by this property.</summary>
    public int? ProcessId { get; }

    /// <summary>What the frame is used for.</summary>
    public PageUse Use { get; }
}
