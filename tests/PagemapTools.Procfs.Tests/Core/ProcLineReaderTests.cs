using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Trait("Tier", "Unit")]
public sealed class ProcLineReaderTests
{
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
    public void NothingIsReadBeyondTheMaximum()
    {
        (string Text, bool IsWhole)[] lines = Read("one\ntwo\nthree\n", maxSize: 6);
        Assert.Equal([("one", true), ("tw", false)], lines);
    }

    private static (string Text, bool IsWhole)[] Read(string text, long maxSize = long.MaxValue)
    {
        using FakeProc tree = new FakeProc().WriteText("file", text);
        using SafeFileHandle file = File.OpenHandle(tree.GetPath("file"));
        using ProcLineReader reader = new(file, "file", maxSize: maxSize);
        List<(string, bool)> lines = [];
        while (reader.MoveNext())
        {
            lines.Add((Encoding.UTF8.GetString(reader.Line), reader.IsWhole));
        }

        Assert.Equal(0, reader.Errno);
        return [.. lines];
    }
}
