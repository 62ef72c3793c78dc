using System.Globalization;
using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests;

/// <summary>Show-ProcessPageMap and Show-KPageMap on trees with known words.</summary>
[Trait("Tier", "Unit")]
public sealed partial class ShowMapTests : IDisposable
{
    private const ulong Address = 0x10000000;
    private const ulong Pfn = 0x5ec12e7;
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Free = 1UL << 10;
    private const string Size = "-Width 160 -Height 20";

    private readonly FakeProc _tree = new();
    private readonly ScreenHost _host = new(supportsVirtualTerminal: true);
    private readonly Session _session;

    public ShowMapTests()
    {
        _session = new Session(_host);
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["Show-*:ProcPath"] = _tree.Path, ["Show-*:AllowSavedTree"] = true };
        _session.Run("$PSStyle.OutputRendering = 'PlainText'");
        _tree.AddProcess(2, Address, CreateEntries(40, 0, 24, 17)).WriteEntries("kpageflags", 0, [.. Enumerable.Repeat(Anonymous, 30), .. Enumerable.Repeat(Free, 10), .. Enumerable.Repeat(1UL << 20, 5), 0]);
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void ACellIsTheStateOfItsPages()
    {
        string[] lines = Draw($"Show-ProcessPageMap -Id 2 {Size}");

        Assert.Matches(@"^made-up \(2\) by State, one cell: \d+\.0 KiB; dark or small: ", lines[0]);
        string cells = Assert.Single(lines, line => line.Contains("0x10000000", StringComparison.Ordinal));
        Assert.EndsWith(new string('P', 40) + new string('S', 24) + new string('W', 17), cells, StringComparison.Ordinal);
        Assert.Contains(lines, line => Regex.IsMatch(line, @"^P  Private +160\.0 KiB  49 %   S  Shared +96\.0 KiB  30 %", RegexOptions.None, TimeSpan.FromSeconds(1)));
    }

    [Fact]
    public void AGapIsOneDotAndSmallLettersAreLessThanHalf()
    {
        ulong[] entries = new ulong[64 * 1024];
        entries.AsSpan(0, 16 * 1024).Fill(PagemapBits.PresentAt(Pfn) | PagemapBits.Exclusive);
        for (int page = 16 * 1024; page < 32 * 1024; page += 4)
        {
            entries[page] = PagemapBits.Swapped(0, 1);
        }

        entries[^1] = PagemapBits.PresentAt(Pfn);
        _tree.AddProcess(2, Address, entries);

        string cells = string.Concat(Draw($"Show-ProcessPageMap -Id 2 -Width 100 -Height 8").Where(line => line.Contains(" 0x1", StringComparison.Ordinal)).Select(line => line[(line.LastIndexOf(' ') + 1)..]));

        Assert.Matches("P{16,}w{16,}[.\u00b7]s$", cells);
    }

    [Theory]
    [InlineData(40, 8)]
    [InlineData(80, 24)]
    [InlineData(250, 70)]
    public void APictureFitsTheWindow(int width, int height)
    {
        _tree.AddProcess(3, [.. Enumerable.Range(1, 300).Select(i => $"{i:x}0000000-{i:x}0003000 rw-p 00000000 00:00 0 /usr/lib/{new string('x', i)}.so")]);
        for (ulong i = 1; i <= 300; i++)
        {
            _tree.WritePagemap(3, i << 28, PagemapBits.PresentAt(Pfn), i % 3 == 0 ? 0 : PagemapBits.Swapped(0, 1), PagemapBits.PresentAt(Pfn));
        }

        string[] lines = Draw($"Show-ProcessPageMap -Id 3 -Width {width} -Height {height}");

        Assert.InRange(lines.Length, 6, Math.Max(height, 11));
        Assert.All(lines, line => Assert.InRange(line.Length, 0, width));
    }

    [Fact]
    public void TheEngineDecidesAboutColours()
    {
        string plain = GetText("PlainText", "Out-String");

        Assert.DoesNotContain('\u001b', plain);
        Assert.Contains(new string('P', 40), plain, StringComparison.Ordinal);
        Assert.Equal(plain, GetText("Host", "Out-String"));
        string colored = GetText("Ansi", "Out-String");
        Assert.Contains("\u001b[38;5;", colored, StringComparison.Ordinal);
        Assert.Equal(plain, ColorSequence().Replace(colored, string.Empty));
        Assert.DoesNotContain('\u001b', GetText("Host", "Set-Content $file; Get-Content $file -Raw"));

        // Straight to a terminal; the user's own redirection is not visible to a cmdlet.
        string file = string.Concat(Draw($"$lines = Show-ProcessPageMap -Id 2 {Size}; $lines > $file; Get-Content $file -Raw"));
        Assert.DoesNotContain('\u001b', file);
        Assert.Contains(new string('P', 40), file, StringComparison.Ordinal);
        Assert.Empty(Draw("$lines | Out-Host"));
        Assert.Contains("\u001b[38;5;", _host.Text, StringComparison.Ordinal);

        string GetText(string rendering, string command)
        {
            _session["file"] = _tree.GetPath("map.txt");
            return string.Concat(Draw($"$PSStyle.OutputRendering = '{rendering}'; Show-ProcessPageMap -Id 2 {Size} | {command}"));
        }
    }

    [Fact]
    public void AWatchRedrawsInPlaceOrStreams()
    {
        Assert.Empty(Draw($"Show-ProcessPageMap -Id 2 {Size} -MaxSamples 3 -SampleInterval 0.05"));
        Assert.DoesNotContain("\u001b[38", _host.Text, StringComparison.Ordinal);
        Assert.Equal(2, Regex.Count(_host.Text, @"\u001b\[\d+F", RegexOptions.None, TimeSpan.FromSeconds(1)));

        Assert.Equal(3, Draw($"Show-ProcessPageMap -Id 2 {Size} -MaxSamples 3 -SampleInterval 0.05 | ForEach-Object {{ $_ }}").Count(line => line.StartsWith("made-up", StringComparison.Ordinal)));
        Assert.Contains(Draw($"Show-ProcessPageMap -Id 2 {Size} -By Age -MaxSamples 1 | ForEach-Object {{ $_ }}"), line => line.StartsWith("U  Unchanged", StringComparison.Ordinal));
    }

    [Fact]
    public void PageFramesAddUpToTheirKinds()
    {
        string text = string.Join('\n', Draw($"Show-KPageMap {Size}"));

        foreach (PSObject kind in _session.GetObjects("Measure-KPageFlags -ByKind -ProcPath $env:TREE -AllowSavedTree".Replace("$env:TREE", $"'{_tree.Path}'", StringComparison.Ordinal)))
        {
            string size = string.Create(CultureInfo.InvariantCulture, $"{kind.Get<long>("Bytes") / 1024.0:f1} KiB");
            Assert.Matches($@"{kind.Get<object>("Kind")} +{Regex.Escape(size)}", text);
        }

        Assert.Matches(@"0x0 +\S* *184\.0 KiB A{30}F{10}[.\u00b7]{5}K", text);
        Assert.Matches(@"0x14 .* A{10}F{5}\n", string.Join('\n', Draw($"Show-KPageMap 0x14-0x23 {Size}")));
        Assert.Contains("Free", string.Join('\n', Draw($"Show-KPageMap -By Flag -Flag ANON, BUDDY {Size}")).Replace("BUDDY", "Free", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void ErrorsAreThoseOfTheOtherCmdlets()
    {
        Outcome outcome = _session.Run($"Show-ProcessPageMap -Id 2, 99 {Size}");

        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
        Assert.Contains(outcome.Output, line => line.ToString().StartsWith("made-up (2)", StringComparison.Ordinal));
        Assert.Equal("ParameterArgumentValidationError", _session.GetTermination("Show-KPageMap -By State").GetErrorId());
        Assert.Equal("KPageNotAvailable", _session.GetTermination("Show-KPageMap -By MapCount").GetErrorId());
    }

    private static ulong[] CreateEntries(int exclusive, int empty, int shared, int swapped) =>
    [
        .. Enumerable.Repeat(PagemapBits.PresentAt(Pfn) | PagemapBits.Exclusive, exclusive),
        .. new ulong[empty],
        .. Enumerable.Repeat(PagemapBits.PresentAt(Pfn), shared),
        .. Enumerable.Repeat(PagemapBits.Swapped(0, 1), swapped),
    ];

    private string[] Draw(string command) => [.. _session.GetObjects(command).Select(line => line.ToString())];

    [GeneratedRegex(@"\u001b\[[0-9;]*m", RegexOptions.None, 1000)]
    private static partial Regex ColorSequence();
}
