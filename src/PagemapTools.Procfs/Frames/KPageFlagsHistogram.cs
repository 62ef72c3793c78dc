using System.Runtime.InteropServices;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Counts pages by their flags. It counts the kernel's words without change. Filter and decoder run once for each distinct word, not for
/// each page.
/// </summary>
internal sealed class KPageFlagsHistogram(FlagFilter filter, bool rawFlags)
{
    private const int FramesPerRead = 16 * 1024;

    // A machine has a few hundred combinations. A file of random words has as many as it has words.
    private const int MaxCombinations = 64 * 1024;

    private readonly Dictionary<(ulong Word, ulong Entry), long> _counts = [];

    /// <summary>Counts all page frames of a file of flags on several threads.</summary>
    /// <param name="kpageflags">The file.</param>
    /// <param name="threads">The number of threads.</param>
    /// <param name="progress">Receives the number of page frames read so far, on the threads that read.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public void AddAll(PageIndexedFile kpageflags, int threads, IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        long next = 0;
        ParallelRunner.Run(threads, _ =>
        {
            Dictionary<(ulong, ulong), long> counts = [];
            using RentedArray<ulong> rented = new(FramesPerRead);
            ulong[] words = rented.Array;
            int read;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                ulong first = (ulong)Interlocked.Add(ref next, FramesPerRead) - FramesPerRead;
                read = ReadToEnd(kpageflags, first, words.AsSpan(0, FramesPerRead));
                AddWords(counts, words.AsSpan(0, read));
                progress?.Report(first + (ulong)read);
            }
            while (read == FramesPerRead);

            Merge(counts);
        }, cancellationToken);
    }

    /// <summary>Counts pages with the same word and entry.</summary>
    /// <param name="word">The word of kpageflags; 0 for a swapped-out page, as in page-types.</param>
    /// <param name="entry">The pagemap entry; its bits are part of the raw flags.</param>
    /// <param name="pages">The number of pages.</param>
    public void Add(ulong word, PagemapEntry entry, long pages = 1) =>
        AddCount(_counts, (word, entry.Raw & ~PagemapEntry.PfnMask), pages);

    /// <summary>Adds the counts of another histogram.</summary>
    public void Add(KPageFlagsHistogram other) => Merge(other._counts);

    /// <summary>Gets the combinations of flags that occurred and that the filter accepts, in ascending order of their values.</summary>
    public IReadOnlyList<KPageFlagsSummary> GetSummaries()
    {
        SortedDictionary<ulong, long> pageCounts = [];
        foreach (((ulong word, ulong raw), long count) in _counts)
        {
            PagemapEntry entry = new(raw);
            if (filter.Matches(word, entry, rawFlags))
            {
                ulong flags = (ulong)KPageFlagsDecoder.Decode(word, entry, rawFlags);
                pageCounts[flags] = pageCounts.GetValueOrDefault(flags) + count;
            }
        }

        return [.. pageCounts.Select(combination => new KPageFlagsSummary((KPageFlags)combination.Key, combination.Value))];
    }

    // A short read is the end of the file, or the next read reports the error.
    private static int ReadToEnd(PageIndexedFile file, ulong first, Span<ulong> words)
    {
        int read = 0;
        int count;
        do
        {
            count = file.Read(first + (ulong)read, words[read..]);
            read += count;
        }
        while (count > 0 && read < words.Length);

        return read;
    }

    private static void AddWords(Dictionary<(ulong Word, ulong Entry), long> counts, ReadOnlySpan<ulong> words)
    {
        for (int first = 0; first < words.Length;)
        {
            // Neighbouring page frames mostly have the same word.
            int run = words[first..].IndexOfAnyExcept(words[first]);
            run = run < 0 ? words.Length - first : run;
            AddCount(counts, (words[first], 0UL), run);
            first += run;
        }
    }

    private void Merge(Dictionary<(ulong Word, ulong Entry), long> counts)
    {
        lock (_counts)
        {
            foreach (((ulong, ulong) key, long count) in counts)
            {
                AddCount(_counts, key, count);
            }
        }
    }

    private static void AddCount(Dictionary<(ulong Word, ulong Entry), long> counts, (ulong, ulong) combination, long pages)
    {
        CollectionsMarshal.GetValueRefOrAddDefault(counts, combination, out bool isKnown) += pages;
        if (!isKnown && counts.Count > MaxCombinations)
        {
            throw new ProcfsException(
                ProcfsError.ReadFailed, $"These are no page flags: more than {MaxCombinations} different words occur.", KPageFiles.GetFileName(FrameProperties.Flags));
        }
    }
}
