using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>A page of a process, found by its page frame.</summary>
public sealed class FrameMapping : ProcessPageInfo
{
    internal FrameMapping(in PageValues values)
        : base(values)
    {
    }

    /// <summary>The name of the process, as Get-Process shows it.</summary>
    public string ProcessName => Mapping.Process.Name;

    /// <summary>
    /// The page frame number. A page that is not present has one if its entry refers to a page frame: a damaged page, or one that the
    /// kernel is moving.
    /// </summary>
    public override ulong? Pfn => base.Pfn ?? SwapOffset;
}
