using System.Globalization;
using System.Management.Automation;
using System.Runtime.InteropServices;

namespace PagemapTools.Tests;

/// <summary>Frames at random, each as od reads it from the kernel's file.</summary>
[Trait("Tier", "Privileged")]
public sealed class FramesAgainstOdTests
{
    // Picked in windows, so that no time passes between the readings that are compared.
    private const int Windows = 100;
    private const int FramesOfWindow = 4096;
    private const int PicksOfWindow = 1000;
    private const int LooksWithOd = 4;
    private const int Looks = 24;

    [Theory]
    [InlineData("Get-KPageFlags", "RawFlags", "/proc/kpageflags")]
    [InlineData("Get-KPageCount", "MapCount", "/proc/kpagecount")]
    [InlineData("Get-KPageCgroup", "CgroupInode", "/proc/kpagecgroup")]
    public void Frames_picked_at_random_are_what_od_reads(string cmdlet, string property, string path)
    {
        Require.Root();
        Require.ReadableFile(path);
        Require.Program("od");
        Require.Program("dd");
        using Session session = new();
        Random random = new();
        ulong frames = LastFrame();
        for (int window = 0; window < Windows; window++)
        {
            ulong first = (ulong)random.NextInt64((long)frames / FramesOfWindow) * FramesOfWindow;
            int[] picks = new int[FramesOfWindow];
            random.GetItems([.. Enumerable.Range(0, FramesOfWindow)], picks);
            AssertRead(session, $"$pfns | {cmdlet}", property, path, first, picks[..PicksOfWindow]);
        }
    }

    [Fact]
    public void A_file_read_in_order_is_the_file()
    {
        using FakeProc tree = new();
        Random random = new(1);
        ulong[] words = [.. Enumerable.Range(0, 20_000).Select(_ => (ulong)random.NextInt64())];
        tree.Entries("kpageflags", 0, words).Entries("kpagecount", 0, words).Entries("kpagecgroup", 0, words);
        using Session session = new();
        session["tree"] = tree.Path;

        Assert.Equal(words, session.Objects("Get-KPageFlags -ProcPath $tree -AllowSavedTree").Column<ulong>("RawFlags"));
        Assert.Equal(words, session.Objects("Get-KPageCount -ProcPath $tree -AllowSavedTree").Column<ulong>("MapCount"));
        Assert.Equal(words, session.Objects("Get-KPageCgroup -ProcPath $tree -AllowSavedTree").Column<ulong>("CgroupInode"));
    }

    /// <summary>
    /// Looks until each frame was what was read just before or just after; a frame that is in use may change at any look. Frames of
    /// the reading programs themselves are mapped only while they read, so what is left over is looked at without them.
    /// </summary>
    private static void AssertRead(Session session, string script, string property, string path, ulong first, int[] picks)
    {
        int[] open = picks;
        for (int look = 0; look < Looks && open.Length > 0; look++)
        {
            Func<string, ulong, ulong[]> read = look < LooksWithOd ? ReadWithOd : ReadBytes;
            ulong[] pfns = [.. open.Select(pick => first + (ulong)pick)];
            session["pfns"] = pfns;
            ulong[] before = read(path, first);
            IReadOnlyList<PSObject> pages = session.Objects(script);
            ulong[] after = read(path, first);

            Assert.Equal(pfns, pages.Column<ulong>("Pfn"));
            ulong?[] measured = pages.Column<ulong?>(property);
            open = [.. open.Where((pick, row) => measured[row] != before[pick] && measured[row] != after[pick])];
            Assert.True(look != LooksWithOd - 1 || open.Length < PicksOfWindow / 10, $"{open.Length} frames differ from what od reads.");
        }

        Assert.True(open.Length == 0, $"{open.Length} frames never were what the file says, such as 0x{first + (ulong)open.FirstOrDefault():x}.");
    }

    // The last byte of memory that the kernel lists; above it the files may go on to the end of a section.
    private static ulong LastFrame() => File.ReadLines("/proc/iomem")
        .Where(line => line.EndsWith(": System RAM", StringComparison.Ordinal))
        .Select(line => Convert.ToUInt64(line.Trim().Split(' ')[0].Split('-')[1], 16) / Machine.PageSize)
        .Max();

    // od itself reads all that it is told to skip of a file whose size is given as 0.
    private static ulong[] ReadWithOd(string path, ulong first)
    {
        string block = $"dd if={path} bs={FramesOfWindow * sizeof(ulong)} skip={first / FramesOfWindow} count=1 status=none";
        return [.. Tool.Lines("sh", "-c", $"{block} | od -An -v -tx8 -w8").Select(word => ulong.Parse(word.AsSpan().Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture))];
    }

    private static ulong[] ReadBytes(string path, ulong first)
    {
        using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
        file.Position = (long)first * sizeof(ulong);
        byte[] bytes = new byte[FramesOfWindow * sizeof(ulong)];
        int read = file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan(0, read)).ToArray();
    }
}
