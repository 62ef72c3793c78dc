using System.Runtime.InteropServices;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Counts pages by their flags. It counts the kernel's words as they are; the filter and the view are applied once for each word
/// that occurred, not for each page.
/// </summary>
internal sealed class KPageFlagsHistogram(FlagFilter filter, bool rawFlags)
{
    private const int FramesPerRead = 16 * 1024;

    // A machine has a few hundred combinations. A file of random words has as many as it has words.
    private const int MaxCombinations = 64 * 1024;

    private readonly Dictionary<(ulong Word, ulong Entry), long> _counts = [];

    /// <summary>Counts every frame of a file of flags, on several threads.</summary>
    /// <param name="kpageflags">The file.</param>
    /// <param name="threads">How many threads.</param>
    /// <param name="progress">Receives the number of frames that have been read, on the threads that read.</param>
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

    /// <summary>Counts a page, or several that are alike.</summary>
    /// <param name="word">Its word of kpageflags; 0 for a page that is swapped out, as page-types has it.</param>
    /// <param name="entry">Its pagemap entry, whose bits the raw view shows.</param>
    /// <param name="pages">How many.</param>
    public void Add(ulong word, PagemapEntry entry, long pages = 1) =>
        AddCount(_counts, (word, entry.Raw & ~PagemapEntry.PfnMask), pages);

    /// <summary>The combinations that occurred and pass, in ascending order of their number.</summary>
    public IReadOnlyList<KPageFlagsSummary> GetSummaries()
    {
        SortedDictionary<ulong, long> shown = [];
        foreach (((ulong word, ulong raw), long count) in _counts)
        {
            PagemapEntry entry = new(raw);
            if (filter.Matches(word, entry, rawFlags))
            {
                ulong flags = (ulong)KPageFlagsDecoder.Decode(word, entry, rawFlags);
                shown[flags] = shown.GetValueOrDefault(flags) + count;
            }
        }

        return [.. shown.Select(combination => new KPageFlagsSummary((KPageFlags)combination.Key, combination.Value))];
    }

    // A short read may be the end, or an error that the next read reports.
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
            // Neighbouring frames are mostly alike.
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
                ProcfsError.ReadFailed, $"These are no page flags: more than {MaxCombinations} different words occur.", KPageFiles.FileName(FrameProperties.Flags));
        }
    }
}
