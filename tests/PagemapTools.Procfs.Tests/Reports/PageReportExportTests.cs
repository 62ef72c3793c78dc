using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.Reports;

namespace PagemapTools.Procfs.Tests.Reports;

/// <summary>The file of a report: who may read it, what it says, and what it does not say.</summary>
[Trait("Tier", "Unit")]
public sealed partial class PageReportExportTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Free = 1UL << 10;
    private const ulong Start = 0x10_0000;

    private readonly FakeProc _tree = new FakeProc()
        .WriteEntries("kpageflags", 0, [.. Enumerable.Repeat(Free, 1000), .. Enumerable.Repeat(Anonymous, 24), .. Enumerable.Repeat(Free, 1000)])
        .WriteEntries("kpagecount", 0, [.. new ulong[1000], .. Enumerable.Repeat(1UL, 24), .. new ulong[1000]])
        .AddProcess(3, Start, PagemapBits.PresentAt(1005) | PagemapBits.Exclusive, PagemapBits.PresentAt(1006) | PagemapBits.Exclusive);

    public void Dispose() => _tree.Dispose();

    private string FilePath => _tree.GetPath("report.html");

    [Theory]
    [InlineData(false, UnixFileMode.UserRead | UnixFileMode.UserWrite)]
    [InlineData(true, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead)]
    public void OnlyTheOwnerReadsAReportUnlessAllMay(bool isWorldReadable, UnixFileMode expected)
    {
        Export(new PageReportOptions { IsWorldReadable = isWorldReadable });

        Assert.Equal(expected, File.GetUnixFileMode(FilePath));
        Assert.Empty(Directory.GetFiles(_tree.Path, ".report*"));
    }

    [Fact]
    public void ACancelledReportLeavesTheFileAsItWas()
    {
        File.WriteAllText(FilePath, "before");
        using ProcfsContext procfs = new(_tree.Root);

        Assert.ThrowsAny<OperationCanceledException>(() => procfs.ExportPageReport(FilePath, cancellationToken: new CancellationToken(canceled: true)));
        Assert.Equal("before", File.ReadAllText(FilePath));
        Assert.Empty(Directory.GetFiles(_tree.Path, ".report*"));
    }

    [Fact]
    public void PageFrameNumbersAreThereOnlyIfTheyAreIncluded()
    {
        JsonNode hidden = Export(new PageReportOptions())["memory"]!["map"]!;
        Assert.Null(hidden["segments"]);

        // Wherever the two pages are in memory, the file is the same.
        string map = hidden.ToJsonString() + ReadRuns();
        _tree.WriteEntries("kpageflags", 0, [.. Enumerable.Repeat(Anonymous, 24), .. Enumerable.Repeat(Free, 2000)])
            .WritePagemap(3, Start, PagemapBits.PresentAt(7) | PagemapBits.Exclusive, PagemapBits.PresentAt(8) | PagemapBits.Exclusive)
            .WriteEntries("kpagecount", 0, [.. Enumerable.Repeat(1UL, 24), .. new ulong[2000]]);
        Assert.Equal(map, Export(new PageReportOptions())["memory"]!["map"]!.ToJsonString() + ReadRuns());

        JsonNode shown = Export(new PageReportOptions { IncludeFrames = true });
        Assert.Equal((1, "[[0,0]]"), ((int)shown["memory"]!["map"]!["blockFrames"]!, shown["memory"]!["map"]!["segments"]!.ToJsonString()));
        Assert.NotEqual(map, shown["memory"]!["map"]!.ToJsonString() + ReadRuns());
    }

    [Fact]
    public void KindsAreThoseOfTheMeasurement()
    {
        using ProcfsContext procfs = new(_tree.Root);
        IEnumerable<string> expected = procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken).Select(kind => $"{kind.Kind} {kind.Bytes}");

        Assert.Equal(expected, Export(new PageReportOptions())["memory"]!["kinds"]!.AsArray().Select(kind => $"{kind![0]} {kind[1]}"));
    }

    [Fact]
    public void NamesCannotEndTheDataOrBeginAScript()
    {
        _tree.WriteText("3/comm", "</script><b>\n").WriteText("3/cmdline", "</script><b>\0")
            .WriteText("3/maps", $"{Start:x}-{Start + (2 * KernelFile.PageSize):x} rw-p 00000000 00:00 0 [anon:</script>{{runs}}\u202e]\n");
        JsonNode report = Export(new PageReportOptions());

        string page = File.ReadAllText(FilePath);
        Assert.Equal(3, ScriptEnds().Count(page));
        Assert.Equal("</script><b>", (string)report["processes"]![0]!["name"]!);
        Assert.Equal(@"[anon:</script>{runs}\u{202e}]", (string)report["names"]![0]!);
    }

    [Fact]
    public void ThePolicyNamesTheStyleAndTheScriptThatThePageHas()
    {
        Export(new PageReportOptions());
        string page = File.ReadAllText(FilePath);
        string policy = WebUtility.HtmlDecode(Policies().Match(page).Groups["policy"].Value);

        Assert.StartsWith("default-src 'none'; ", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        foreach (string part in (string[])[Between(page, "<style>", "</style>"), Between(page, "<script>", "</script>")])
        {
            Assert.Contains($"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(part)))}'", policy, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("http", page[..page.IndexOf("id=\"report\"", StringComparison.Ordinal)].Replace("http-equiv", string.Empty, StringComparison.Ordinal), StringComparison.Ordinal);
    }

    [Fact]
    public void WithoutPageFramesAReportHasTheProcessesAndSaysWhatIsMissing()
    {
        File.Delete(_tree.GetPath("kpageflags"));
        File.Delete(_tree.GetPath("kpagecount"));
        using ProcfsContext procfs = new(_tree.Root);
        PageReportResult result = procfs.ExportPageReport(FilePath, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal(2, result.Omissions.Count);
        Assert.StartsWith("The sharing matrix is left out. ", result.Omissions[0], StringComparison.Ordinal);
        JsonNode report = ReadReport();
        Assert.Equal((null, 1, 2), (report["memory"], report["processes"]!.AsArray().Count, report["notes"]!.AsArray().Count));
    }

    [Fact]
    public void ProcessesThatCannotBeMeasuredAreFailures()
    {
        using ProcfsContext procfs = new(_tree.Root);
        PageReportResult result = procfs.ExportPageReport(FilePath, new PageReportOptions { ProcessIds = [3, 4] }, cancellationToken: TestContext.Current.CancellationToken);

        Assert.Equal((4, ProcfsError.ProcessNotFound), (result.Failures.Single().ProcessId!.Value, result.Failures.Single().Error));
        Assert.True((bool)ReadReport()["isSelection"]!);
    }

    private JsonNode Export(PageReportOptions options)
    {
        using ProcfsContext procfs = new(_tree.Root);
        PageReportResult result = procfs.ExportPageReport(FilePath, options, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(result.Failures);
        Assert.Empty(result.Omissions);
        return ReadReport();
    }

    private JsonNode ReadReport() => JsonNode.Parse(Between(File.ReadAllText(FilePath), "id=\"report\">", "</script>"))!;

    private string ReadRuns() => Between(File.ReadAllText(FilePath), "id=\"runs\">", "</script>");

    private static string Between(string text, string start, string end)
    {
        int from = text.IndexOf(start, StringComparison.Ordinal) + start.Length;
        return text[from..text.IndexOf(end, from, StringComparison.Ordinal)];
    }

    [GeneratedRegex("</script>", RegexOptions.None, 1000)]
    private static partial Regex ScriptEnds();

    [GeneratedRegex("Content-Security-Policy\" content=\"(?<policy>[^\"]*)\"", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Policies();
}
