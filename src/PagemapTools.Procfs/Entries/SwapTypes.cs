using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Entries;

/// <summary>
/// The meanings of the 32 swap types of a machine. The kernel assigns special types from the top (include/linux/swap.h): PTE markers
/// (Linux 5.19; on 5.19 to 6.1 SWP_SWAPIN_ERROR is above them), then device memory, migration and poisoned pages, as far as the kernel
/// is configured for them. The types below are swap areas. Immutable, and safe to use from several threads.
/// </summary>
public sealed class SwapTypes
{
    // 32 areas with paths of 4,096 bytes, each of which the kernel may escape with four.
    private const int MaxListSize = 32 * 4 * 4096;
    private const int TopType = 31;
    private const ulong MarkerEnd = 8;
    private const ulong UffdMarker = 1;
    private const ulong PoisonMarker = 2;
    private const ulong GuardMarker = 4;

    // No release has more than ten special types: four for devices, three for migration, one each for poison, markers and swap-in errors.
    private const int MinSwapTypes = 22;

    private readonly NonSwapTypeLayout? _layout;
    private readonly bool _hasSwapinError;

    /// <summary>Creates the swap types of a machine.</summary>
    /// <param name="areas">The swap areas, in the order of their types.</param>
    /// <param name="layout">The special types; null if the kernel's configuration cannot be read.</param>
    /// <param name="release">The kernel's release; null stands for a current one.</param>
    /// <param name="hasUnknownAreas">Whether there may be areas that the list lacks.</param>
    internal SwapTypes(IReadOnlyList<string> areas, NonSwapTypeLayout? layout, Version? release = null, bool hasUnknownAreas = false)
    {
        Areas = areas;
        HasAreas = hasUnknownAreas || areas.Count > 0;
        _layout = layout;
        _hasSwapinError = release is not null && NonSwapTypeLayout.HasSwapinErrorType(release);
    }

    /// <summary>The files and devices of the active swap areas, in the order of their types.</summary>
    public IReadOnlyList<string> Areas { get; }

    /// <summary>Whether a swap area may be active. If not, no page is swapped out.</summary>
    public bool HasAreas { get; }

    /// <summary>Whether migration, device and poisoned entries are distinguished; if not, their state is NonSwap.</summary>
    internal bool HasLayout => _layout is not null;

    /// <summary>Reads /proc/swaps and the kernel's configuration (/proc/config.gz or /boot). A kernel configuration that cannot be read counts as absent.</summary>
    public static SwapTypes Read(ProcRoot root)
    {
        List<string>? areas = ReadAreas(root, root.GetPath("swaps"));
        bool hasUnknownAreas = areas is not { Count: > 0 } && MayHaveUnlistedAreas(root, isListed: areas is not null);
        return new SwapTypes(areas ?? [], NonSwapTypeLayout.TryRead(root), KernelRelease.ReadVersion(root), hasUnknownAreas);
    }

    /// <summary>
    /// Gets the file or device of a swap type; null if there is none, or if it is unknown. The kernel gives an area the lowest free type
    /// and lists the areas in the order of their types, without the types (mm/swapfile.c, swap_show). swapoff of an earlier area removes
    /// its line, so the line numbers of later areas no longer match their types. A single area is unambiguous; the order of several areas is
    /// assumed to match their types. After an entry for which <see cref="ContradictsAreaOrder"/> is true, a reader reports no areas.
    /// </summary>
    public string? GetArea(int type) =>
        Areas.Count == 1 ? (type < MinSwapTypes ? Areas[0] : null)
        : type < Areas.Count ? Areas[type]
        : null;

    /// <summary>Whether an entry proves that swapoff removed an earlier area: its swap type is not below the number of areas.</summary>
    public bool ContradictsAreaOrder(PagemapEntry entry) =>
        Areas.Count > 1 && entry.SwapType >= Areas.Count && entry.GetState(this) == PageState.Swapped;

    internal PageState Classify(int type, ulong offset)
    {
        // Vendors backport PTE markers, so the release does not show whether the top type is one. An offset below 8 shows it: other
        // special types have a page frame number there, and page frames 0 to 7 belong to the firmware or the kernel, never to a process.
        if (type >= (_hasSwapinError ? TopType - 1 : TopType) && ClassifyMarker(offset) is { } marker)
        {
            return marker;
        }

        return type == TopType && _hasSwapinError ? PageState.Poisoned
            : type < MinSwapTypes ? PageState.Swapped
            : _layout?.GetState(type) ?? PageState.NonSwap;
    }

    /// <summary>
    /// Whether an entry that is not present refers to a page frame: migration, poison by a memory failure, or device memory
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

    // lxcfs also replaces the list by its header alone. A machine without swap has the same list, but its kernel reports no swap.
    private static bool MayHaveUnlistedAreas(ProcRoot root, bool isListed) => root.IsProcFileSystem ? SystemInfo.HasSwap() ?? !isListed : !isListed;

    /// <summary>Reads the areas. Null if the file cannot be read, or is not the kernel's: lxcfs replaces the list by one line of the type "virtual".</summary>
    private static List<string>? ReadAreas(ProcRoot root, string path)
    {
        List<string> areas = [];
        using SafeFileHandle file = root.OpenFile(path, out int errno);
        using ProcLineReader lines = new(file, path, MaxListSize);
        bool isHeader = true;
        if (errno != 0)
        {
            return null;
        }

        while (lines.MoveNext())
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
