using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.ReverseMap;

namespace PagemapTools.Procfs.FrameActions;

/// <summary>What the kernel made of a page frame.</summary>
public sealed class FrameChange
{
    private readonly PageInfo _before;
    private readonly PageInfo _after;

    internal FrameChange(FrameAction action, IReadOnlyList<PageInfo> mappings, PageInfo before, PageInfo after)
    {
        Action = action;
        MappedBy = [.. mappings.OfType<FrameMapping>().Select(mapping => mapping.ProcessId).Distinct()];
        _before = before;
        _after = after;
    }

    /// <summary>The page frame number.</summary>
    public ulong Pfn => _after.Pfn!.Value;

    /// <summary>The physical address of the page frame.</summary>
    public ulong PhysicalAddress => Pfn * PageGeometry.PageSize;

    /// <summary>What was done.</summary>
    public FrameAction Action { get; }

    /// <summary>The ids of the processes that were found to map the page frame before the action.</summary>
    public IReadOnlyList<int> MappedBy { get; }

    /// <summary>Whether the kernel takes the frame as damaged now and uses it no more: it has the flag HWPOISON. Null if the kernel does not track the frame.</summary>
    public bool? IsPoisoned => Flags is { } flags ? (flags & KPageFlags.HWPOISON) != 0 : null;

    /// <summary>The flags before the action.</summary>
    public KPageFlags? FlagsBefore => _before.Flags;

    /// <summary>The flags after the action.</summary>
    public KPageFlags? Flags => _after.Flags;

    /// <summary>The names of <see cref="Flags"/>, separated by commas.</summary>
    public string? FlagNames => _after.FlagNames;
}
