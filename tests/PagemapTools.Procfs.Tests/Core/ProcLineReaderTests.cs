using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class ProcLineReaderTests
{
    private const int Id = 7;
    private const long MaxSize = 1L << 30;
    private const long Terabyte = 1L << 40;

    [Fact]
    public void LinesOfEveryLengthAreRead()
    {
        string[] lines = [.. Enumerable.Range(0, 400).Select(i => new string((char)('a' + (i % 26)), i * i % 40_000))];
        Assert.Equal(lines.Select(line => (line, true)), Read(string.Concat(lines.Select(line => line + "\n"))));
    }

    [Fact]
    public void LastLineMayLackItsNewline() => Assert.Equal([("first", true), ("", true), ("last", false)], Read("first\n\nlast"));

    [Fact]
    public void EmptyFileHasNoLine() => Assert.Empty(Read(string.Empty));

    [Theory]
    [InlineData(ProcLineReader.MaxLineLength)]
    [InlineData(10 * 1024 * 1024)]
    public void LongLineIsCutAndTheNextLineIsRead(int length)
    {
        (string Text, bool IsWhole)[] lines = Read($"before\n{new string('x', length)}\nafter\n");
        Assert.Equal(("before", true), lines[0]);
        Assert.Equal(("after", true), lines[2]);
        Assert.Equal(3, lines.Length);
        Assert.False(lines[1].IsWhole);
        Assert.InRange(lines[1].Text.Length, 32 * 1024, 2 * ProcLineReader.MaxLineLength);
        Assert.Empty(lines[1].Text.Trim('x'));
    }

    [Fact]
    public void FileMayHaveItsBoundAndNoMore()
    {
        Assert.Equal([("one", true), ("two", true)], Read("one\ntwo\n", maxSize: 8));
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Read("one\ntwo\n", maxSize: 7));
        Assert.Equal((ProcfsError.ReadFailed, "file", Id), (failure.Error, failure.Path, failure.ProcessId));
        Assert.Contains("'file' has more than 7 bytes", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("whole\n", null)]
    [InlineData("without newline", "'file' has a line that no kernel writes: 'without newline'")]
    [InlineData(null, "'file' has a line of more than 131072 bytes")]
    public void LineThatMustBeWholeIsQuotedIfItIsNot(string? text, string? message)
    {
        using FakeProc tree = new FakeProc().WriteText("file", text ?? new string('x', ProcLineReader.MaxLineLength + 1) + "\n");
        using SafeFileHandle file = File.OpenHandle(tree.GetPath("file"));
        using ProcLineReader reader = new(file, "file", MaxSize, Id);
        Assert.True(reader.MoveNext());
        ProcfsException? failure = Record.Exception(() => _ = reader.WholeLine.Length) as ProcfsException;
        Assert.Equal(message is null, failure is null);
        Assert.Contains(message ?? string.Empty, failure?.Message ?? string.Empty, StringComparison.Ordinal);
    }

    [Fact]
    public void CancellationEndsTheSearchForTheEndOfALine()
    {
        using CancellationTokenSource source = new();
        using FakeProc tree = new FakeProc().WriteHole("file", string.Empty, Terabyte);
        using SafeFileHandle file = File.OpenHandle(tree.GetPath("file"));
        using ProcLineReader reader = new(file, "file", long.MaxValue - 1, cancellationToken: source.Token);
        Assert.True(reader.MoveNext());
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => reader.MoveNext());
    }

    private static (string Text, bool IsWhole)[] Read(string text, long maxSize = MaxSize)
    {
        using FakeProc tree = new FakeProc().WriteText("file", text);
        using SafeFileHandle file = File.OpenHandle(tree.GetPath("file"));
        using ProcLineReader reader = new(file, "file", maxSize, Id);
        List<(string, bool)> lines = [];
        while (reader.MoveNext())
        {
            lines.Add((Encoding.UTF8.GetString(reader.Line), reader.IsWhole));
        }

        Assert.Equal(0, reader.Errno);
        return [.. lines];
    }
}
