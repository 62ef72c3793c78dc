namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Reads the words of a batch of page frame numbers from the files that these numbers index. It cuts the numbers into runs of
/// neighbours, sorts the runs, reads runs that are close together with one call, and copies each word to the row of its number.
/// </summary>
internal sealed class PfnBatchReader : IDisposable
{
    /// <summary>Stands for an unknown page frame number, and for a word that was not read.</summary>
    public const ulong NoValue = ulong.MaxValue;

    // Measured (--micro, BridgeBenchmarks): a call costs as much as three to four superfluous words.
    private const ulong MaxGap = 3;

    private const int WordsPerRead = 16 * 1024;
    private const int ChunkWords = 8 * 1024;

    private readonly object _lock = new();
    private readonly RentedArray<ulong> _rentedPfns = new();
    private readonly RentedArray<Run> _rentedRuns = new();
    private ulong[] _pfns = [];
    private Run[] _runs = [];
    private int _count;
    private int _rows;
    private int _nextRun;

    private readonly record struct Run(int Index, int Length);

    /// <summary>Sets the batch, and cuts it into runs. Rows with <see cref="NoValue"/> are skipped.</summary>
    public void Coalesce(ReadOnlySpan<ulong> pfns)
    {
        _pfns = _rentedPfns.EnsureCapacity(pfns.Length);
        _runs = _rentedRuns.EnsureCapacity(pfns.Length);
        _count = 0;
        _rows = 0;
        bool isSorted = true;
        ulong previous = 0;
        for (int i = 0; i < pfns.Length;)
        {
            ulong first = pfns[i];
            if (first == NoValue)
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
            _rows += i - start;
            _runs[_count++] = new Run(start, i - start);
        }

        if (!isSorted)
        {
            Array.Sort(_pfns, _runs, 0, _count);
        }
    }

    /// <summary>Reads the words of the batch. A word beyond the end of the file is <see cref="NoValue"/>.</summary>
    /// <param name="file">The file.</param>
    /// <param name="words">Receives one word for each row.</param>
    /// <param name="threads">The maximum number of threads. Several are faster, because the kernel computes each word.</param>
    public void Read(PageIndexedFile file, Memory<ulong> words, int threads = 1)
    {
        words.Span.Fill(NoValue);
        _nextRun = 0;
        ParallelRunner.Run(Math.Clamp(_rows / ChunkWords, 1, threads), _ => ReadChunks(file, words.Span), CancellationToken.None);
    }

    /// <summary>Returns the buffers to their pool.</summary>
    public void Dispose()
    {
        (_pfns, _runs, _count) = ([], [], 0);
        _rentedPfns.Dispose();
        _rentedRuns.Dispose();
    }

    private void ReadChunks(PageIndexedFile file, Span<ulong> words)
    {
        using RentedArray<ulong> buffer = new(WordsPerRead);
        while (TakeChunk(out int first, out int end))
        {
            Read(file, words, buffer.Array, first, end);
        }
    }

    // Chunks have about the same number of words: runs differ in length by a factor of a thousand.
    private bool TakeChunk(out int first, out int end)
    {
        lock (_lock)
        {
            first = _nextRun;
            for (int rows = 0; _nextRun < _count && rows < ChunkWords; _nextRun++)
            {
                rows += _runs[_nextRun].Length;
            }

            end = _nextRun;
            return first < end;
        }
    }

    private void Read(PageIndexedFile file, Span<ulong> words, ulong[] buffer, int first, int end)
    {
        while (first < end)
        {
            ulong start = _pfns[first];
            ulong beyond = start + (ulong)_runs[first].Length;
            int next = first + 1;
            while (next < end && _pfns[next] <= beyond + MaxGap)
            {
                ulong extended = Math.Max(beyond, _pfns[next] + (ulong)_runs[next].Length);
                if (extended - start > WordsPerRead)
                {
                    break;
                }

                beyond = extended;
                next++;
            }

            int read = file.Read(start, buffer.AsSpan(0, (int)(beyond - start)));
            for (; first < next; first++)
            {
                Scatter(buffer, _pfns[first] - start, _runs[first], read, words);
            }
        }
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
