using System.Runtime.CompilerServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>
/// The page frames that some process may map, how many mappings each has, and where to search. Page frames that are certainly not mapped
/// are left out. Each frame takes 4 bytes besides its bit in the set.
/// </summary>
internal sealed class SearchedFrames
{
    /// <summary>The number of mappings of a page frame whose count does not say it.</summary>
    public const int UnknownCount = int.MaxValue;

    private const ulong LargeFolio = (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL);
    private const int FramesPerBatch = 64 * 1024;

    private readonly SwapTypes _swapTypes;
    private readonly Lazy<bool> _hasAverageCounts;
    private readonly FrameSet.Builder _builder = new();
    private readonly List<int> _expected = [];
    private FrameKinds _kinds;

    private SearchedFrames(ProcfsContext procfs)
    {
        _swapTypes = procfs.SwapTypes;
        _hasAverageCounts = new(() => !procfs.KernelRelease.IsBefore(6, 15) && KernelConfiguration.Read(procfs.Root)?.IsSet("NO_PAGE_MAPCOUNT") == true);
    }

    /// <summary>The kinds of mappings that can have a page frame.</summary>
    [Flags]
    private enum FrameKinds
    {
        None = 0,
        Anonymous = 1,
        File = 2,
        Any = 4,
    }

    public FrameSet Frames { get; private set; } = new FrameSet.Builder().Build();

    /// <summary>The number of mappings of each frame, in the order of the set.</summary>
    public IReadOnlyList<int> Expected => _expected;

    /// <summary>Whether the counts of all frames are known.</summary>
    public bool HasAllCounts { get; private set; } = true;

    /// <summary>The categories of pages that can have a frame. An entry of a damaged page is in swap format.</summary>
    public PageCategories Categories => PageCategories.Present | ((_kinds & FrameKinds.Any) != 0 ? PageCategories.Swapped : PageCategories.None);

    /// <summary>Whether a mapping can have one of the frames.</summary>
    public bool CanBeIn(MemoryMapping mapping) => _kinds switch
    {
        // Anonymous memory is never in a shared mapping: shared anonymous memory is a file (mm/shmem.c, shmem_zero_setup).
        FrameKinds.Anonymous => !mapping.IsShared,
        FrameKinds.File => mapping.HasFile,
        _ => true,
    };

    /// <summary>Reads the flags and counts of page frames, and selects those that may be mapped.</summary>
    /// <exception cref="ProcfsException">The caller may not read /proc/kpageflags or /proc/kpagecount.</exception>
    public static SearchedFrames Select(ProcfsContext procfs, FrameSet frames, bool includeZeroPage, CancellationToken cancellationToken)
    {
        SearchedFrames searched = new(procfs);
        using PfnBatchReader reader = new();
        ulong[] flags = new ulong[Math.Min(frames.Count, FramesPerBatch)];
        ulong[] counts = new ulong[flags.Length];
        foreach (ulong[] pfns in frames.Enumerate().Chunk(FramesPerBatch))
        {
            cancellationToken.ThrowIfCancellationRequested();
            reader.Coalesce(pfns);
            reader.Read(procfs.Frames.Get(FrameProperties.Flags), flags.AsMemory(0, pfns.Length), Environment.ProcessorCount);
            reader.Read(procfs.Frames.Get(FrameProperties.MapCount), counts.AsMemory(0, pfns.Length), Environment.ProcessorCount);
            for (int i = 0; i < pfns.Length; i++)
            {
                searched.Add(pfns[i], flags[i], counts[i] == PfnBatchReader.NoValue ? 0 : counts[i], includeZeroPage);
            }
        }

        searched.Frames = searched._builder.Build();
        return searched;
    }

    /// <summary>Gets the position of the page frame to which a pagemap entry refers; -1 if it refers to none of the set.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IndexOf(ulong entry) =>
        (entry & PagemapEntry.PresentBit) != 0 ? Frames.IndexOf(entry & PagemapEntry.PfnMask)
        : (entry & PagemapEntry.SwapBit) != 0 ? IndexOfSwapFormat(new PagemapEntry(entry))
        : -1;

    private int IndexOfSwapFormat(PagemapEntry entry) =>
        entry.SwapOffset is { } offset && Frames.IndexOf(offset) is >= 0 and var frame && _swapTypes.IsPfnSwapEntry(entry.GetState(_swapTypes), entry) ? frame : -1;

    private void Add(ulong pfn, ulong flags, ulong count, bool includeZeroPage)
    {
        PageUse use = PageUseClassifier.Classify(flags);
        bool isZeroPage = use == PageUse.ZeroPage;
        if (isZeroPage ? !includeZeroPage : count == 0 && PageUseClassifier.IsUnmappedWithoutCount(use))
        {
            return;
        }

        // A page table that processes share counts once (mm/hugetlb.c, huge_pmd_share). With CONFIG_NO_PAGE_MAPCOUNT (6.15) the pages of a
        // large folio have its average.
        bool isCounted = count is > 0 and < UnknownCount && use is not (PageUse.Hugetlb or PageUse.HardwarePoison or PageUse.ZeroPage)
            && ((flags & LargeFolio) == 0 || !_hasAverageCounts.Value);
        _builder.Add(pfn);
        _expected.Add(isCounted ? (int)count : UnknownCount);
        HasAllCounts &= isCounted;
        _kinds |= use switch
        {
            PageUse.Anonymous => FrameKinds.Anonymous,
            PageUse.SwapCache when (flags & (ulong)KPageFlags.ANON) != 0 => FrameKinds.Anonymous,
            PageUse.PageCache or PageUse.SharedMemory or PageUse.Hugetlb => FrameKinds.File,
            _ => FrameKinds.Any,
        };
    }
}
