using System.Text.Json.Nodes;

namespace PagemapTools.Tests.Browser;

/// <summary>The address spaces in a report show at a glance which process is fragmented, forked or in swap.</summary>
[Trait("Tier", "Live")]
[Collection(ReportFixture.Collection)]
public sealed class ReportSpacesTests(ReportFixture fixture)
{
    [Fact]
    public async Task WhatIsRemarkableIsSaidInWords()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);

        Assert.Equal(
            [
                "parent 100|Forked: 1.5 MiB shared with child 101",
                "child 101|Forked: 1.5 MiB shared with parent 100",
                $"{ReportTree.HostileName} 102|Fragmented: 240 KiB in single pages beside 160 KiB in large folios",
                "swapped 103|50 % in swap",
            ],
            await page.GetAsync<string[]>("[...document.querySelectorAll('#spaces-list h3')].map(heading => `${heading.querySelector('button').textContent}|${heading.querySelector('strong')?.textContent}`)"));
        Assert.Contains("shared since a fork 1.5 MiB", await page.GetAsync<string>("document.querySelector('#spaces-list .labels').textContent"), StringComparison.Ordinal);
        Assert.Empty(page.Problems);
    }

    [Theory]
    [InlineData(390)]
    [InlineData(1440)]
    public async Task PartsOfABarAreAsLargeAsTheirMemory(int width)
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report, width);
        await page.EvaluateAsync("document.querySelectorAll('.space .labels').forEach(labels => labels.remove())");

        Assert.Equal(384.0 / 640, await MeasureAsync(page, 1, "forked"), 0.02);
        Assert.Equal(384.0 / 448, await MeasureAsync(page, 2, "forked"), 0.02);
        Assert.Equal(40.0 / 100, await MeasureAsync(page, 3, "large"), 0.02);

        // Swap is hatched, and single pages are crumbs: some half of their pixels are between two colours, or in the gaps.
        Assert.InRange(await MeasureAsync(page, 4, "swapped", "swapped-line"), 0.5 * 0.4, 0.5 * 0.8);
        Assert.InRange(await MeasureAsync(page, 3, "small"), 0.6 * 0.15, 0.6 * 0.7);
    }

    [Fact]
    public void PagesOfTheBarsAreThoseOfMeasureProcessUss()
    {
        Assert.All(fixture.Processes, process =>
        {
            int index = fixture.Data["processes"]!.AsArray().ToList().FindIndex(reported => (int)reported!["id"]! == process.Get<int>("ProcessId"));
            JsonNode space = fixture.Data["spaces"]!.AsArray().Single(space => (int)space!["process"]! == index)!;
            long[] sums = [.. Enumerable.Range(0, 6).Select(part => space["bins"]!.AsArray().Sum(bin => (long)bin![part]!) * (long)KernelFile.PageSize)];
            Assert.Equal((process.Get<long>("Uss"), process.Get<long>("Shared"), process.Get<long>("Swap"), 0), (sums[0] + sums[1], sums[2] + sums[3], sums[4], sums[5]));
        });
    }

    /// <summary>Measures which part of the pixels of a bar has one of some colours.</summary>
    private static async Task<double> MeasureAsync(BrowserPage page, int number, params string[] parts)
    {
        string[] colours = await page.GetAsync<string[]>($"{System.Text.Json.JsonSerializer.Serialize(parts)}.map(part => readColour(`--space-${{part}}`))");
        Picture picture = Picture.Decode(await page.CaptureAsync($"#spaces-list li:nth-child({number}) canvas"));
        return picture.CountPixels(colours).Sum() / (picture.Width * picture.Height);
    }
}
