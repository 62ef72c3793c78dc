namespace PagemapTools.Procfs;

/// <summary>Looks up how often the frames of pagemap entries are mapped.</summary>
/// <param name="kpagecount">The kernel's counts.</param>
/// <param name="blind">The frames that it says nothing of.</param>
/// <param name="recent">What the kernel said before, of other processes too.</param>
internal sealed class MapCounts(PageEntryFile kpagecount, UntrackedSections blind, RecentCounts recent) : IDisposable
{
    /// <summary>The count of a frame that others map too, and of which the kernel does not say how many.</summary>
    public const ulong SharedByUnknown = PfnRuns.Unknown - 1;

    private readonly PfnRuns _runs = new();
    private readonly RentedArray<ulong> _entries = new();
    private readonly RentedArray<ulong> _pfns = new();
    private readonly RentedArray<ulong> _counts = new();

    /// <summary>Whether the last entries had a present page whose frame is hidden.</summary>
    public bool MetHidden { get; private set; }

    /// <summary>The counts of those present pages that have none of the bits <paramref name="without"/>, closely packed, in any order.</summary>
    public ReadOnlySpan<ulong> Read(ReadOnlySpan<ulong> entries, ulong without)
    {
        RecentCounts.Look known = recent.Now();
        ulong[] askedEntries = _entries.AtLeast(entries.Length);
        ulong[] pfns = _pfns.AtLeast(entries.Length);
        ulong[] counts = _counts.AtLeast(entries.Length);
        int asked = 0;
        int settled = 0;
        MetHidden = false;
        foreach (ulong entry in entries)
        {
            if ((entry & (PagemapEntry.PresentBit | without)) != PagemapEntry.PresentBit)
            {
                continue;
            }

            ulong frame = entry & PagemapEntry.FrameMask;
            if (frame == 0)
            {
                MetHidden = true;
                counts[settled++] = PfnRuns.Unknown;
            }
            else if ((entry & PagemapEntry.ExclusiveBit) == 0 && known.Of(frame) is var count and not 0)
            {
                counts[settled++] = count;
            }
            else
            {
                askedEntries[asked] = entry;
                pfns[asked++] = frame;
            }
        }

        Ask(pfns.AsSpan(0, asked), counts.AsMemory(settled, asked), known);
        for (int row = 0; row < asked; row++)
        {
            PagemapEntry page = new(askedEntries[row]);
            if (blind.IsUntracked(counts[settled + row], page, pfns[row]))
            {
                counts[settled + row] = page.IsExclusive ? 1 : SharedByUnknown;
            }
        }

        return counts.AsSpan(0, settled + asked);
    }

    public void Dispose()
    {
        _runs.Dispose();
        _entries.Dispose();
        _pfns.Dispose();
        _counts.Dispose();
    }

    private void Ask(ReadOnlySpan<ulong> pfns, Memory<ulong> words, RecentCounts.Look known)
    {
        _runs.Build(pfns);
        _runs.Gather(kpagecount, words);
        ReadOnlySpan<ulong> counts = words.Span;
        for (int row = 0; row < counts.Length; row++)
        {
            known.Remember(pfns[row], counts[row]);
        }
    }
}
