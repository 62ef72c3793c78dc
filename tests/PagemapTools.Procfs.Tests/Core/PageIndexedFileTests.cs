using System.Runtime.InteropServices;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class PageIndexedFileTests
{
    private const int EIO = 5;
    private const int ENOENT = 2;

    [Fact]
    public void ReadReturnsNativeEndianEntriesByIndex()
    {
        using FakeProc tree = new FakeProc().WriteEntries("kpageflags", 3, 0x0123456789abcdef, 42);
        using PageIndexedFile file = PageIndexedFile.Open(tree.GetPath("kpageflags"));
        ulong[] entries = new ulong[3];
        Assert.Equal(3, file.Read(2, entries));
        Assert.Equal([0UL, 0x0123456789abcdef, 42], entries);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(11)]
    public void ReadContinuesAfterAShortRead(int bytesAtOnce)
    {
        byte[] content = CreateContent(100);
        List<long> offsets = [];
        using PageIndexedFile file = CreateFile((buffer, offset) =>
        {
            offsets.Add(offset);
            return Copy(content, buffer, offset, bytesAtOnce);
        });
        ulong[] entries = new ulong[60];
        Assert.Equal(60, file.Read(10, entries));
        Assert.Equal(Enumerable.Range(10, 60).Select(value => (ulong)value), entries);
        Assert.Equal(80, offsets[0]);
        Assert.True(offsets.Count >= 60 * 8 / Math.Max(bytesAtOnce, 8));
    }

    [Fact]
    public void ReadStopsAtTheEndOfTheFile()
    {
        byte[] content = CreateContent(20);
        using PageIndexedFile file = CreateFile((buffer, offset) => Copy(content, buffer, offset, int.MaxValue));
        ulong[] entries = new ulong[10];
        Assert.Equal(5, file.Read(15, entries));
        Assert.Equal([15UL, 16, 17, 18, 19], entries[..5]);
        Assert.Equal(0, file.Read(20, entries));
        Assert.Equal(0, file.Read(1000, entries));
    }

    [Fact]
    public void ReadIgnoresAnIncompleteLastEntry()
    {
        byte[] content = CreateContent(3)[..21];
        using PageIndexedFile file = CreateFile((buffer, offset) => Copy(content, buffer, offset, 5));
        Assert.Equal(2, file.Read(0, new ulong[4]));
    }

    [Fact]
    public void ReadReturnsTheEntriesBeforeAnError()
    {
        byte[] content = CreateContent(100);
        using PageIndexedFile file = CreateFile((buffer, offset) => offset >= 40 ? -EIO : Copy(content, buffer, offset, 8));
        ulong[] entries = new ulong[10];
        Assert.Equal(5, file.Read(0, entries));
        Assert.Equal([0UL, 1, 2, 3, 4], entries[..5]);
    }

    [Fact]
    public void AnErrorAtOnceNamesItsNumberPathAndOffset()
    {
        using PageIndexedFile file = CreateFile((_, _) => -EIO);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => file.Read(2, new ulong[1]));
        Assert.Equal(ProcfsError.ReadFailed, failure.Error);
        Assert.Equal(EIO, failure.ErrorNumber);
        Assert.Equal("made/up", failure.Path);
        Assert.Contains("0x10", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadThrowsAnErrorWithinTheFirstEntry()
    {
        using PageIndexedFile file = CreateFile((_, offset) => offset == 0 ? 5 : -EIO);
        Assert.Equal(EIO, Assert.Throws<ProcfsException>(() => file.Read(0, new ulong[1])).ErrorNumber);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData((ulong)long.MaxValue)]
    [InlineData((1UL << 60) + 1)]
    [InlineData((1UL << 60) - 3)]
    public void AnIndexBeyondEveryFileReadsNothing(ulong index)
    {
        using PageIndexedFile file = CreateFile((_, _) => throw new InvalidOperationException("the file must not be read"));
        Assert.Equal(0, file.Read(index, new ulong[4]));
    }

    [Fact]
    public void AnEmptyBufferReadsNothing()
    {
        using PageIndexedFile file = CreateFile((_, _) => throw new InvalidOperationException("the file must not be read"));
        Assert.Equal(0, file.Read(0, []));
    }

    [Fact]
    public void OpenReportsTheErrorNumberOfAnAbsentFile()
    {
        using FakeProc tree = new();
        ProcfsException failure = Assert.Throws<ProcfsException>(() => PageIndexedFile.Open(tree.GetPath("kpageflags")));
        Assert.Equal(ENOENT, failure.ErrorNumber);
        Assert.Contains(tree.GetPath("kpageflags"), failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeveralThreadsCanReadOneFile()
    {
        using FakeProc tree = new FakeProc().WriteBytes("kpagecount", CreateContent(50_000));
        using PageIndexedFile file = PageIndexedFile.Open(tree.GetPath("kpagecount"));
        await Parallel.ForAsync(0, 64, TestContext.Current.CancellationToken, (thread, _) =>
        {
            ulong[] entries = new ulong[500];
            Assert.Equal(500, file.Read((ulong)thread * 500, entries));
            Assert.Equal((ulong)thread * 500, entries[0]);
            Assert.Equal(((ulong)thread * 500) + 499, entries[^1]);
            return ValueTask.CompletedTask;
        });
    }

    private static byte[] CreateContent(int entries) =>
        MemoryMarshal.AsBytes<ulong>([.. Enumerable.Range(0, entries).Select(value => (ulong)value)]).ToArray();

    private static int Copy(byte[] content, Span<byte> buffer, long offset, int atMost)
    {
        int count = (int)Math.Min(Math.Min(buffer.Length, atMost), Math.Max(0, content.Length - offset));
        content.AsSpan((int)Math.Min(offset, content.Length), count).CopyTo(buffer);
        return count;
    }

    /// <summary>A file whose reads return a byte count or a negated error number.</summary>
    private static PageIndexedFile CreateFile(ReadFunction read) => new("made/up", (Span<byte> buffer, long offset, out int errno) =>
    {
        int count = read(buffer, offset);
        errno = count < 0 ? -count : 0;
        return Math.Max(count, -1);
    });

    private delegate int ReadFunction(Span<byte> buffer, long offset);
}
