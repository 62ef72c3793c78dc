using System.Text.Json.Nodes;

namespace PagemapTools.Tests.Browser;

/// <summary>What a report draws in a real browser is what the cmdlets say, at three widths, in light, dark and print.</summary>
[Trait("Tier", "Live")]
[Collection(ReportFixture.Collection)]
public sealed class ReportPictureTests(ReportFixture fixture)
{
    private const string PicturesVariable = "PAGEMAPTOOLS_TEST_PICTURES";

    [Theory]
    [InlineData(390, false)]
    [InlineData(390, true)]
    [InlineData(820, false)]
    [InlineData(1440, false)]
    [InlineData(1440, true)]
    public async Task ReportsOpenWithoutAnErrorAndFitTheWindow(int width, bool isDark)
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report, width, isDark: isDark);

        Assert.Equal("true", (string?)await page.EvaluateAsync("document.documentElement.dataset.ready"));
        Assert.Empty(page.Problems);
        Assert.Equal(width, await page.GetAsync<int>("document.documentElement.scrollWidth"));
        byte[] png = await page.CaptureAsync();
        SavePicture($"{width}{(isDark ? "-dark" : string.Empty)}.png", png);
        Picture picture = Picture.Decode(png);
        Assert.Equal(isDark, picture.GetBrightness(2, 2) < 0.5);
        Assert.Empty(page.Problems);
    }

    [Theory]
    [InlineData(390)]
    [InlineData(1440)]
    public async Task AreasOfTheMapAreTheKindsOfMeasureKPageFlags(int width)
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report, width);
        string[] kinds = ["Anonymous", "PageCache", "Slab", "Free", "Reserved"];
        string[] colours = await page.GetAsync<string[]>($"{System.Text.Json.JsonSerializer.Serialize(kinds)}.map(kind => readColour(`--use-${{kind}}`))");

        double[] pixels = Picture.Decode(await page.CaptureAsync("#map")).CountPixels(colours);

        // All cells are full. They are squares, with a line of one pixel between them; colours mix at their edges.
        double mapWidth = (await page.FindAsync("#map")).Width;
        (int columns, int rows, int gutter) = mapWidth > 900 ? (64, 36, 72) : (32, 48, 0);
        double total = kinds.Sum(kind => fixture.Kinds[kind]);
        double cellPixels = CountCells(columns * rows) * Math.Pow(((mapWidth - gutter) / columns) - 1, 2);
        Assert.All(kinds.Zip(pixels), kind => Assert.Equal(fixture.Kinds[kind.First] / total, kind.Second / cellPixels, 0.06));
    }

    [Fact]
    public async Task TheRunsOfTheMapAddUpToMeasureKPageFlags()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);

        JsonObject sums = (JsonObject)(await page.EvaluateAsync(
            """
            readReport().then(({ pageSize, memory: { map } }) => {
              const sums = {};
              forEachRun(map.runs, 0, map.frameCount, (frameClass, count) => { const use = map.uses[map.classes[frameClass][0]]; sums[use] = (sums[use] ?? 0) + count * pageSize; });
              return sums;
            })
            """))!;

        Assert.Equal(fixture.Kinds.OrderBy(kind => kind.Key, StringComparer.Ordinal), sums.Select(kind => KeyValuePair.Create(kind.Key, (long)kind.Value!)).OrderBy(kind => kind.Key, StringComparer.Ordinal));
        Assert.Equal(
            fixture.Kinds.OrderByDescending(kind => kind.Value).Select(kind => kind.Value),
            fixture.Data["memory"]!["kinds"]!.AsArray().Select(kind => (long)kind![1]!).OrderDescending());
    }

    [Fact]
    public async Task BarsAreAsLongAsTheirBytes()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);

        double[] widths = await page.GetAsync<double[]>("[...document.querySelectorAll('#kinds-table .track > span')].map(bar => bar.getBoundingClientRect().width)");
        long[] bytes = [.. fixture.Kinds.Values.OrderDescending()];

        Assert.Equal(bytes.Length, widths.Length);
        Assert.All(bytes.Zip(widths), bar => Assert.Equal(bar.First / (double)bytes[0], bar.Second / widths[0], 0.01));

        // All bars are as high as the track, which has 14 pixels. Text has some pixels of the same grey, and the lightest bar has a line around it.
        string[] kinds = [.. fixture.Kinds.OrderByDescending(kind => kind.Value).Select(kind => kind.Key)];
        string[] colours = await page.GetAsync<string[]>($"{System.Text.Json.JsonSerializer.Serialize(kinds)}.map(kind => readColour(`--use-${{kind}}`))");
        double[] pixels = Picture.Decode(await page.CaptureAsync("#kinds-table")).CountPixels(colours);
        Assert.All(bytes.Zip(pixels), bar => Assert.Equal(bar.First / (double)bytes[0] * widths[0] * 14, bar.Second, Math.Max(120, 0.1 * bar.Second)));
    }

    [Theory]
    [InlineData(390)]
    [InlineData(820)]
    [InlineData(1440)]
    public async Task AreasOfTheTreemapAreTheBytesOfMeasureProcessUss(int width)
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report, width);
        Dictionary<string, long[]> expected = fixture.Processes.ToDictionary(
            process => $"{process.Get<string>("ProcessName")} {process.Get<int>("ProcessId")}",
            process => (long[])[process.Get<long>("Uss"), process.Get<long>("Shared"), process.Get<long>("Swap")],
            StringComparer.Ordinal);

        JsonArray tiles = (JsonArray)(await page.EvaluateAsync(
            """
            [...document.querySelectorAll("#treemap .tile")].map(tile => ({
              name: tile.ariaLabel.split(", Uss")[0],
              areas: ["uss", "shared", "swap"].map(part => { const { width, height } = tile.querySelector(`.${part}`).getBoundingClientRect(); return width * height; }),
            }))
            """))!;

        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), tiles.Select(tile => (string)tile!["name"]!).Order(StringComparer.Ordinal));
        double scale = tiles.Sum(tile => tile!["areas"]!.AsArray().Sum(area => (double)area!)) / expected.Values.Sum(parts => parts.Sum());
        Assert.All(tiles, tile => Assert.All(
            expected[(string)tile!["name"]!].Zip(tile["areas"]!.AsArray()), part => Assert.Equal(part.First * scale, (double)part.Second!, Math.Max(60, part.First * scale * 0.03))));

        string[] colours = await page.GetAsync<string[]>("['--uss', '--shared'].map(readColour)");
        Picture picture = Picture.Decode(await page.CaptureAsync("#treemap"));
        double[] pixels = picture.CountPixels(colours);

        // Names and lines cover some of it.
        double all = expected.Values.Sum(parts => parts.Sum());
        Assert.All(pixels.Select((count, part) => (count, part)), area =>
            Assert.Equal(expected.Values.Sum(parts => parts[area.part]) / all, area.count / (picture.Width * picture.Height), 0.06));
    }

    [Fact]
    public async Task PrintedReportsHaveNoControls()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report, isDark: true);
        await page.SendAsync("Emulation.setEmulatedMedia", new { media = "print" });

        Assert.Equal(0, await page.GetAsync<double>("[...document.querySelectorAll('select, .buttons, .switch')].reduce((sum, control) => sum + control.getBoundingClientRect().height, 0)"));
        Assert.StartsWith("JVBERi", (await page.SendAsync("Page.printToPDF", new { printBackground = true })).GetProperty("data").GetString(), StringComparison.Ordinal);
        Picture picture = Picture.Decode(await page.CaptureAsync());
        Assert.True(picture.GetBrightness(2, 2) > 0.9);
    }

    /// <summary>Counts the cells of the map: those of the smallest power of two of page frames of which there are not more than fit.</summary>
    private static int CountCells(int max)
    {
        int cellFrames = 1;
        while (cellFrames * max < ReportTree.Frames)
        {
            cellFrames *= 2;
        }

        return ReportTree.Frames / cellFrames;
    }

    /// <summary>Keeps a picture in the directory that the environment variable names, for somebody who wants to look at it.</summary>
    private static void SavePicture(string name, byte[] png)
    {
        if (Environment.GetEnvironmentVariable(PicturesVariable) is { Length: > 0 } directory)
        {
            File.WriteAllBytes(Path.Join(directory, name), png);
        }
    }
}
