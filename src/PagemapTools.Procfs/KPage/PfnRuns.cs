namespace PagemapTools.Procfs;

/// <summary>
/// Joins a batch of page frame numbers with the files that are indexed by them. The numbers are cut into runs of neighbours, the
/// runs sorted, those that lie close together read with one call, and the words scattered to where their number stood.
/// </summary>
internal sealed class PfnRuns : IDisposable
{
    /// <summary>What a number that is not known, and a word that could not be read, stand as.</summary>
    public const ulong Unknown = ulong.MaxValue;

    // A call costs as much as about so many words that nobody asked for; measured in the benchmark project (--micro).
    private const ulong BridgedFrames = 32;

    private const int WordsPerRead = 16 * 1024;

    private readonly int _capacity;
    private readonly RentedArray<ulong> _rentedPfns;
    private readonly RentedArray<Run> _rentedRuns;
    private readonly ulong[] _pfns;
    private readonly Run[] _runs;
    private int _count;

    /// <summary>Creates the join for batches of up to <paramref name="capacity"/> numbers.</summary>
    public PfnRuns(int capacity)
    {
        _capacity = capacity;
        _rentedPfns = new RentedArray<ulong>(capacity);
        _rentedRuns = new RentedArray<Run>(capacity);
        _pfns = _rentedPfns.Items;
        _runs = _rentedRuns.Items;
    }

    private readonly record struct Run(int Index, int Length);

    /// <summary>Takes a batch of numbers; <see cref="Unknown"/> ones have no words.</summary>
    public void Build(ReadOnlySpan<ulong> pfns)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(pfns.Length, _capacity, nameof(pfns));
        _count = 0;
        bool isSorted = true;
        ulong previous = 0;
        for (int i = 0; i < pfns.Length;)
        {
            ulong first = pfns[i];
            if (first == Unknown)
            {
                i++;
                continue;
            }

            int start = i++;
            while (i < pfns.Length && pfns[i] == first + (ulong)(i - start) && i - start < WordsPerRead)
            {
                i++;
            }

            isSorted &= first >= previous;
            previous = first;
            _pfns[_count] = first;
            _runs[_count++] = new Run(start, i - start);
        }

        if (!isSorted)
        {
            Array.Sort(_pfns, _runs, 0, _count);
        }
    }

    /// <summary>
    /// Reads the word of every number of the batch; one beyond the end of the file stays <see cref="Unknown"/>. Several files may be
    /// read at the same time.
    /// </summary>
    public void Gather(PageEntryFile file, Span<ulong> words)
    {
        words.Fill(Unknown);
        using RentedArray<ulong> rented = new(WordsPerRead);
        ulong[] buffer = rented.Items;
        for (int first = 0; first < _count;)
        {
            ulong start = _pfns[first];
            ulong end = start + (ulong)_runs[first].Length;
            int next = first + 1;
            while (next < _count && _pfns[next] <= end + BridgedFrames)
            {
                ulong extended = Math.Max(end, _pfns[next] + (ulong)_runs[next].Length);
                if (extended - start > WordsPerRead)
                {
                    break;
                }

                end = extended;
                next++;
            }

            int read = file.Read(start, buffer.AsSpan(0, (int)(end - start)));
            for (; first < next; first++)
            {
                Scatter(buffer, _pfns[first] - start, _runs[first], read, words);
            }
        }
    }

    /// <summary>Gives the buffers back.</summary>
    public void Dispose()
    {
        _rentedPfns.Dispose();
        _rentedRuns.Dispose();
    }

    private static void Scatter(ulong[] buffer, ulong offset, Run run, int read, Span<ulong> words)
    {
        int available = Math.Min(run.Length, read - (int)offset);
        if (available == 1)
        {
            words[run.Index] = buffer[offset];
        }
        else if (available > 1)
        {
            buffer.AsSpan((int)offset, available).CopyTo(words[run.Index..]);
        }
    }
}
