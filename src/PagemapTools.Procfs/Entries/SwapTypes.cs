using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Entries;

/// <summary>
/// What the 32 swap types of this machine are. The kernel deals them out from the top (include/linux/swap.h): one marks page table
/// entries (Linux 5.19; until 6.1 a type for pages that could not be swapped in is above it), below come device memory, moving
/// pages and poisoned ones, as many as the kernel is configured for, and the rest are swap areas.
/// </summary>
public sealed class SwapTypes
{
    private const int MaxListSize = 64 * 1024;
    private const int TopType = 31;
    private const ulong MarkerEnd = 8;
    private const ulong UffdMarker = 1;
    private const ulong PoisonMarker = 2;
    private const ulong GuardMarker = 4;

    // Four device types, three for migration, one for poison, the marker and the swap-in error is the most that any release takes.
    private const int MinSwapTypes = 22;

    private readonly NonSwapTypeLayout? _layout;
    private readonly bool _hasSwapinError;

    /// <summary>Creates the types of a machine.</summary>
    /// <param name="areas">The swap areas, in the order of their types.</param>
    /// <param name="special">What the kernel's configuration says of the high types; null if it cannot be read.</param>
    /// <param name="release">The kernel's release; null for a current one.</param>
    /// <param name="hasUnknownAreas">Whether there may be others.</param>
    internal SwapTypes(IReadOnlyList<string> areas, NonSwapTypeLayout? special, Version? release = null, bool hasUnknownAreas = false)
    {
        Areas = areas;
        HasAreas = hasUnknownAreas || areas.Count > 0;
        _layout = special;
        _hasSwapinError = release is not null && NonSwapTypeLayout.HasSwapinErrorType(release);
    }

    /// <summary>The files and devices of the active swap areas, in the order of their types.</summary>
    public IReadOnlyList<string> Areas { get; }

    /// <summary>Reads /proc/swaps and, where the kernel publishes it, its configuration. What cannot be read counts as absent.</summary>
    public static SwapTypes Read(ProcRoot root)
    {
        List<string>? areas = ReadAreas(root, root.GetPath("swaps"));
        return new SwapTypes(areas ?? [], NonSwapTypeLayout.TryRead(root), KernelRelease.ReadVersion(root), hasUnknownAreas: areas is null);
    }

    /// <summary>Whether a swap area may be active. Where this is false, no page can be swapped out.</summary>
    public bool HasAreas { get; }

    /// <summary>
    /// The file or device of a swap type; null if there is none, or if it is unknown. The kernel gives an area the lowest free type and
    /// lists areas in the order of types, without the types (mm/swapfile.c, swap_show). If an earlier area was switched off, its line
    /// is missing. A single area is certainly the one. Several areas are taken in order. A reader that meets a page for which
    /// <see cref="ContradictsAreaOrder"/> is true leaves the file of that page, and of those that it reads later, unknown.
    /// </summary>
    public string? GetArea(int type) =>
        Areas.Count == 1 ? (type < MinSwapTypes ? Areas[0] : null)
        : type < Areas.Count ? Areas[type]
        : null;

    /// <summary>Whether an entry proves that the list of several areas lacks one: its swap type is not below their number.</summary>
    public bool ContradictsAreaOrder(PagemapEntry entry) =>
        Areas.Count > 1 && entry.SwapType >= Areas.Count && entry.GetState(this) == PageState.Swapped;

    internal PageState Classify(int type, ulong offset)
    {
        // On whatever release, for vendors bring markers back to older ones: the other special types keep a frame's number here, and
        // what lies in the first eight frames is the firmware's or the kernel's own, never moved, never a process's.
        if (type >= (_hasSwapinError ? TopType - 1 : TopType) && ClassifyMarker(offset) is { } marker)
        {
            return marker;
        }

        return type == TopType && _hasSwapinError ? PageState.Poisoned
            : type < MinSwapTypes ? PageState.Swapped
            : _layout?.GetState(type) ?? PageState.NonSwap;
    }

    /// <summary>
    /// Whether an entry that is not present keeps a frame all the same: one being moved, poisoned by the hardware, or held by a device
    /// (include/linux/swapops.h, is_pfn_swap_entry).
    /// </summary>
    internal bool IsPfnSwapEntry(PageState state, PagemapEntry entry) => state switch
    {
        PageState.Migration or PageState.Device or PageState.NonSwap => true,
        PageState.Poisoned => entry.SwapOffset >= MarkerEnd && !(_hasSwapinError && entry.SwapType == TopType),
        _ => false,
    };

    private static PageState? ClassifyMarker(ulong offset) =>
        offset >= MarkerEnd ? null
        : (offset & GuardMarker) != 0 ? PageState.Guard
        : (offset & PoisonMarker) != 0 ? PageState.Poisoned
        : (offset & UffdMarker) != 0 ? PageState.UffdMarker
        : null;

    /// <summary>The areas; null where the list is not the kernel's: lxcfs puts one line of the type virtual in its place.</summary>
    private static List<string>? ReadAreas(ProcRoot root, string path)
    {
        List<string> areas = [];
        using SafeFileHandle file = root.OpenFile(path, out int errno);
        using ProcLineReader lines = new(file, path, maxSize: MaxListSize);
        bool isHeader = true;
        while (errno == 0 && lines.MoveNext())
        {
            ReadOnlySpan<byte> line = lines.Line;
            int end = line.IndexOf((byte)' ');
            if (end > 0 && !isHeader)
            {
                ReadOnlySpan<byte> type = line[end..].TrimStart((byte)' ');
                if (!type.StartsWith("partition"u8) && !type.StartsWith("file"u8))
                {
                    return null;
                }

                areas.Add(SeqFileText.Unescape(line[..end], " \t\n\\"));
            }

            isHeader = false;
        }

        return areas;
    }
}
