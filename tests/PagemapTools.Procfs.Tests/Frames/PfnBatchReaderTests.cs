using FsCheck.Xunit;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

/// <summary>Reads from a file whose word n is 3n + 1 and which ends at <see cref="EndOfFile"/>.</summary>
[Trait("Tier", "Unit")]
public sealed class PfnBatchReaderTests
{
    private const ulong EndOfFile = 100_000;
    private const ulong Unknown = PfnBatchReader.NoValue;

    [Property(MaxTest = 500)]
    public void RandomShapesGetTheWordsOfTheFile(ulong seed, byte shape)
    {
        ulong[] pfns = CreatePfns(new Random((int)seed), shape);
        Assert.Equal(pfns.Select(GetExpectedWord), ReadWords(pfns, threads: (shape % 3) + 1));
    }

    [Property(MaxTest = 200)]
    public void RandomListsGetTheWordsOfTheFile(uint[] numbers)
    {
        ulong[] pfns = [.. numbers.Select(number => number % 7 == 0 ? Unknown : (ulong)(number % 200_000))];
        Assert.Equal(pfns.Select(GetExpectedWord), ReadWords(pfns));
    }

    [Fact]
    public void WordsFollowTheOrderOfAnyPfns()
    {
        ulong[] pfns = [5, 5, Unknown, 4, EndOfFile, EndOfFile - 1, Unknown, 5, 6, 7, EndOfFile + 1000, 0, Unknown - 1, 1UL << 60];
        Assert.Equal(pfns.Select(GetExpectedWord), ReadWords(pfns));
    }

    [Fact]
    public void ARunAcrossTheEndGetsTheWordsBeforeTheEnd()
    {
        ulong[] pfns = [.. Enumerable.Range(0, 100).Select(i => EndOfFile - 50 + (ulong)i)];
        Assert.Equal(pfns.Select(GetExpectedWord), ReadWords(pfns));
    }

    [Fact]
    public void ARunLongerThanOneReadIsComplete()
    {
        ulong[] pfns = [.. Enumerable.Range(0, 40_000).Select(i => (ulong)i + 3)];
        Assert.Equal(pfns.Select(GetExpectedWord), ReadWords(pfns));
    }

    [Fact]
    public void LongOverlappingRunsAreComplete()
    {
        IEnumerable<ulong> run = Enumerable.Range(0, 15_000).Select(i => (ulong)i);
        ulong[] pfns = [.. run.Select(i => i + 10_000), .. run, .. run.Select(i => i + 5_000), .. run.Select(i => i + 14_990)];
        Assert.Equal(pfns.Select(GetExpectedWord), ReadWords(pfns));
    }

    [Fact]
    public void AdjacentPfnsShareOneRead()
    {
        Assert.Equal(1, CountReads([7, 8, 9, 10]));
        Assert.Equal(1, CountReads([10, 7, 9, 8]));
        Assert.Equal(1, CountReads([0, 3, 6, 9]));
        Assert.Equal(3, CountReads([0, 50_000, 90_000]));
        Assert.Equal(0, CountReads([Unknown, Unknown]));
        Assert.Equal(0, CountReads([]));
    }

    [Fact]
    public void AReaderServesSuccessiveBatches()
    {
        using PfnBatchReader runs = new();
        foreach (ulong[] pfns in new ulong[][] { [1, 2, 3, 4, 5, 6, 7, 8], [9], [], [8, 7] })
        {
            ulong[] words = new ulong[pfns.Length];
            runs.Coalesce(pfns);
            runs.Read(CreateFile(() => { }), words);
            Assert.Equal(pfns.Select(GetExpectedWord), words);
        }
    }

    [Fact]
    public void ReadThrowsTheErrorOfTheKernel()
    {
        using PageIndexedFile file = new("made/up", (Span<byte> _, long _, out int errno) =>
        {
            errno = 5;
            return -1;
        });
        using PfnBatchReader runs = new();
        runs.Coalesce([1, 2]);
        Assert.Throws<ProcfsException>(() => runs.Read(file, new ulong[2]));
    }

    private static ulong GetExpectedWord(ulong pfn) => pfn < EndOfFile ? (pfn * 3) + 1 : Unknown;

    private static ulong[] ReadWords(ulong[] pfns, int threads = 1)
    {
        using PfnBatchReader runs = new();
        ulong[] words = new ulong[pfns.Length];
        using PageIndexedFile file = CreateFile(() => { });
        runs.Coalesce(pfns);
        runs.Read(file, words, threads);
        return words;
    }

    private static int CountReads(ulong[] pfns)
    {
        int calls = 0;
        using PfnBatchReader runs = new();
        using PageIndexedFile file = CreateFile(() => calls++);
        runs.Coalesce(pfns);
        runs.Read(file, new ulong[pfns.Length]);
        return calls;
    }

    /// <summary>Lists of many shapes: ascending and descending runs, isolated PFNs, repetitions, unknown PFNs.</summary>
    private static ulong[] CreatePfns(Random random, byte shape)
    {
        List<ulong> pfns = [];
        int segments = random.Next(1, 40);
        for (int segment = 0; segment < segments; segment++)
        {
            ulong first = (ulong)random.NextInt64((shape & 1) != 0 ? 2_000 : 120_000);
            int length = random.Next(1, (shape & 2) != 0 ? 2_000 : 5);
            IEnumerable<ulong> run = Enumerable.Range(0, length).Select(i => first + (ulong)i);
            pfns.AddRange(random.Next(4) switch
            {
                0 => run.Reverse(),
                1 => Enumerable.Repeat(first, Math.Min(length, 10)),
                2 => Enumerable.Repeat(Unknown, Math.Min(length, 3)),
                _ => run,
            });
        }

        ulong[] all = [.. pfns];
        if ((shape & 4) != 0)
        {
            random.Shuffle(all);
        }

        return all;
    }

    private static PageIndexedFile CreateFile(Action called) => new("made/up", (Span<byte> buffer, long offset, out int errno) =>
    {
        called();
        errno = 0;
        int words = (int)Math.Clamp((long)EndOfFile - (offset / sizeof(ulong)), 0, buffer.Length / sizeof(ulong));
        for (int i = 0; i < words; i++)
        {
            BitConverter.TryWriteBytes(buffer[(i * sizeof(ulong))..], GetExpectedWord((ulong)(offset / sizeof(ulong)) + (ulong)i));
        }

        // The kernel may return fewer bytes than requested.
        return Math.Min(words * sizeof(ulong), 64 * 1024);
    });
}
