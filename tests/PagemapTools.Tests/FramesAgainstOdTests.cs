using System.Globalization;
using System.Management.Automation;
using System.Runtime.InteropServices;

namespace PagemapTools.Tests;

/// <summary>Compares random frames with the words that od reads from the kernel's file.</summary>
[Trait("Tier", "Privileged")]
public sealed class FramesAgainstOdTests
{
    // Frames come from small windows, so that little time passes between the two reads that the test compares.
    private const int Windows = 100;
    private const int FramesPerWindow = 4096;
    private const int PicksPerWindow = 1000;
    private const int AttemptsWithOd = 4;
    private const int Attempts = 24;

    [Theory]
    [InlineData("Get-KPageFlags", "RawFlags", "/proc/kpageflags")]
    [InlineData("Get-KPageCount", "MapCount", "/proc/kpagecount")]
    [InlineData("Get-KPageCgroup", "CgroupInode", "/proc/kpagecgroup")]
    public void RandomFramesEqualOdOutput(string cmdlet, string property, string path)
    {
        Require.Root();
        Require.ReadableFile(path);
        Require.Program("od");
        Require.Program("dd");
        using Session session = new();
        Random random = new();
        ulong frames = FindLastFrame();
        for (int window = 0; window < Windows; window++)
        {
            ulong first = (ulong)random.NextInt64((long)frames / FramesPerWindow) * FramesPerWindow;
            int[] picks = new int[FramesPerWindow];
            random.GetItems([.. Enumerable.Range(0, FramesPerWindow)], picks);
            AssertFramesEqual(session, $"$pfns | {cmdlet}", property, path, first, picks[..PicksPerWindow]);
        }
    }

    [Fact]
    public void SequentialReadEqualsFile()
    {
        using FakeProc tree = new();
        Random random = new(1);
        ulong[] words = [.. Enumerable.Range(0, 20_000).Select(_ => (ulong)random.NextInt64())];
        tree.WriteEntries("kpageflags", 0, words).WriteEntries("kpagecount", 0, words).WriteEntries("kpagecgroup", 0, words);
        using Session session = new();
        session["tree"] = tree.Path;

        Assert.Equal(words, session.GetObjects("Get-KPageFlags -ProcPath $tree -AllowSavedTree").GetColumn<ulong>("RawFlags"));
        Assert.Equal(words, session.GetObjects("Get-KPageCount -ProcPath $tree -AllowSavedTree").GetColumn<ulong>("MapCount"));
        Assert.Equal(words, session.GetObjects("Get-KPageCgroup -ProcPath $tree -AllowSavedTree").GetColumn<ulong>("CgroupInode"));
    }

    /// <summary>
    /// Repeats until the value of each frame equals the word read just before or the word read just after. A frame in use may change
    /// between two reads. The programs od and dd map frames only while they run, so the later attempts read the file without them.
    /// </summary>
    private static void AssertFramesEqual(Session session, string script, string property, string path, ulong first, int[] picks)
    {
        int[] open = picks;
        for (int attempt = 0; attempt < Attempts && open.Length > 0; attempt++)
        {
            Func<string, ulong, ulong[]> read = attempt < AttemptsWithOd ? ReadWithOd : ReadBytes;
            ulong[] pfns = [.. open.Select(pick => first + (ulong)pick)];
            session["pfns"] = pfns;
            ulong[] before = read(path, first);
            IReadOnlyList<PSObject> pages = session.GetObjects(script);
            ulong[] after = read(path, first);

            Assert.Equal(pfns, pages.GetColumn<ulong>("Pfn"));
            ulong?[] measured = pages.GetColumn<ulong?>(property);
            open = [.. open.Where((pick, row) => measured[row] != before[pick] && measured[row] != after[pick])];
            Assert.True(attempt != AttemptsWithOd - 1 || open.Length < PicksPerWindow / 10, $"{open.Length} frames differ from the words that od reads.");
        }

        Assert.True(open.Length == 0, $"{open.Length} frames never equal the word in the file, such as 0x{first + (ulong)open.FirstOrDefault():x}.");
    }

    // The last frame of System RAM in /proc/iomem. The files may continue above it, to the end of a section.
    private static ulong FindLastFrame() => File.ReadLines("/proc/iomem")
        .Where(line => line.EndsWith(": System RAM", StringComparison.Ordinal))
        .Select(line => Convert.ToUInt64(line.Trim().Split(' ')[0].Split('-')[1], 16) / Machine.PageSize)
        .Max();

    // od -j reads instead of seeking in a file of size 0, so dd seeks.
    private static ulong[] ReadWithOd(string path, ulong first)
    {
        string block = $"dd if={path} bs={FramesPerWindow * sizeof(ulong)} skip={first / FramesPerWindow} count=1 status=none";
        return [.. Tool.ReadLines("sh", "-c", $"{block} | od -An -v -tx8 -w8").Select(word => ulong.Parse(word.AsSpan().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    }

    private static ulong[] ReadBytes(string path, ulong first)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        file.Position = (long)first * sizeof(ulong);
        byte[] bytes = new byte[FramesPerWindow * sizeof(ulong)];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0, read)).ToArray();
    }
}
