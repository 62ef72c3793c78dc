using System.Text;

namespace PagemapTools.Procfs;

/// <summary>
/// What the 32 swap types of this machine are. The kernel deals them out from the top (include/linux/swap.h): one marks page table
/// entries (Linux 5.19; until 6.1 a type for pages that could not be swapped in is above it), below come device memory, moving
/// pages and poisoned ones, as many as the kernel is configured for, and the rest are swap areas.
/// </summary>
public sealed class SwapTypes
{
    private const int TopType = 31;
    private const ulong MarkerEnd = 8;
    private const ulong UffdMarker = 1;
    private const ulong PoisonMarker = 2;
    private const ulong GuardMarker = 4;

    // Four device types, three for migration, one for poison, the marker and the swap-in error is the most that any release takes.
    private const int FewestSwapTypes = 22;

    private readonly SpecialSwapTypes? _special;
    private readonly bool _hasSwapinError;
    private bool _isTypeMissing;

    /// <summary>Creates the types of a machine.</summary>
    /// <param name="areas">The swap areas, in the order of their types.</param>
    /// <param name="special">What the kernel's configuration says of the high types; null if it cannot be read.</param>
    /// <param name="release">The kernel's release; null for a current one.</param>
    internal SwapTypes(IReadOnlyList<string> areas, SpecialSwapTypes? special, Version? release = null)
    {
        Areas = areas;
        _special = special;
        _hasSwapinError = release is not null && SpecialSwapTypes.HasSwapinError(release);
    }

    /// <summary>The files and devices of the active swap areas, in the order of their types.</summary>
    public IReadOnlyList<string> Areas { get; }

    /// <summary>Reads /proc/swaps and, where the kernel publishes it, its configuration. What cannot be read counts as absent.</summary>
    public static SwapTypes Read(ProcRoot root) =>
        new(ReadAreas(root.PathOf("swaps")), SpecialSwapTypes.Read(root), KernelRelease.Read(root));

    /// <summary>
    /// The file or device of a swap type; null if there is none, or if it cannot be known. The kernel gives an area the lowest free
    /// type and lists areas in the order of types, without the types (mm/swapfile.c, swap_show): after an earlier area was switched
    /// off its line is missing. A single area is certainly the one; of several the order is taken, until a page has a type that
    /// is not below their number, which proves that one is missing.
    /// </summary>
    public string? AreaOf(int type) =>
        Areas.Count == 1 ? (type < FewestSwapTypes ? Areas[0] : null)
        : type < Areas.Count && !_isTypeMissing ? Areas[type]
        : null;

    internal PageState StateOf(int type, ulong offset)
    {
        // On whatever release, for vendors bring markers back to older ones: the other special types keep a frame's number here, and
        // what lies in the first eight frames is the firmware's or the kernel's own, never moved, never a process's.
        if (type >= (_hasSwapinError ? TopType - 1 : TopType) && MarkerOf(offset) is { } marker)
        {
            return marker;
        }

        PageState state = type == TopType && _hasSwapinError ? PageState.Poisoned
            : type < FewestSwapTypes ? PageState.Swapped
            : _special?.StateOf(type) ?? PageState.NonSwap;
        if (state == PageState.Swapped && type >= Areas.Count)
        {
            _isTypeMissing = true;
        }

        return state;
    }

    /// <summary>
    /// Whether an entry that is not present keeps a frame all the same: one being moved, poisoned by the hardware, or held by a device
    /// (include/linux/swapops.h, is_pfn_swap_entry).
    /// </summary>
    internal bool KeepsFrame(PageState state, PagemapEntry entry) => state switch
    {
        PageState.Migration or PageState.Device or PageState.NonSwap => true,
        PageState.Poisoned => entry.SwapOffset >= MarkerEnd && !(_hasSwapinError && entry.SwapType == TopType),
        _ => false,
    };

    private static PageState? MarkerOf(ulong offset) =>
        offset >= MarkerEnd ? null
        : (offset & GuardMarker) != 0 ? PageState.Guard
        : (offset & PoisonMarker) != 0 ? PageState.Poisoned
        : (offset & UffdMarker) != 0 ? PageState.UffdMarker
        : null;

    private static List<string> ReadAreas(string path)
    {
        List<string> areas = [];
        try
        {
            foreach (string line in File.ReadLines(path, Encoding.Latin1).Skip(1))
            {
                int end = line.IndexOf(' ', StringComparison.Ordinal);
                if (end > 0)
                {
                    areas.Add(OctalEscapes.Decode(Encoding.Latin1.GetBytes(line[..end]), " \t\n\\"));
                }
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            areas.Clear();
        }

        return areas;
    }
}
