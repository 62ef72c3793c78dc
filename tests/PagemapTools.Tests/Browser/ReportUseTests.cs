namespace PagemapTools.Tests.Browser;

/// <summary>A report in a real browser can be used with the mouse, with keys and by a screen reader, and runs no foreign script.</summary>
[Trait("Tier", "Live")]
[Collection(ReportFixture.Collection)]
public sealed class ReportUseTests(ReportFixture fixture)
{
    [Fact]
    public async Task PointingAtACellNamesFlagsCgroupAndProcesses()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.ReportWithFrames);
        await page.EvaluateAsync("document.querySelector('#map').focus()");
        await page.PressAsync("Enter", "Enter");
        Assert.True((bool)(await page.EvaluateAsync("document.querySelector('#map-in').disabled"))!);
        await page.PressAsync("Escape", "Escape");

        // The first cell with anonymous memory: frame 1024 is the parent's.
        Rectangle map = await page.FindAsync("#map");
        (double x, double y) = await FindCellAsync(page, map, 1024);
        await page.MoveAsync(x, y);
        string tip = (await page.GetAsync<string>("document.querySelector('#tip').innerText"))!;

        Assert.Contains("page frames 0x400 to 0x41f", tip, StringComparison.Ordinal);
        Assert.Contains("Flags UPTODATE,LRU,ANON,SWAPBACKED", tip, StringComparison.Ordinal);
        Assert.Contains("9999999990", tip, StringComparison.Ordinal);
        Assert.Contains("Mapped by parent 100", tip, StringComparison.Ordinal);
        await page.MoveAsync(1, 1);
        Assert.True((bool)(await page.EvaluateAsync("document.querySelector('#tip').hidden"))!);
    }

    [Fact]
    public async Task AClickZoomsInAndEscapeZoomsOut()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.ReportWithFrames);
        Rectangle map = await page.FindAsync("#map");
        (double x, double y) = await FindCellAsync(page, map, 40_000);
        await page.ClickAsync(x, y);

        Assert.Equal(2, await page.GetAsync<int>("document.querySelector('#map-trail').children.length"));
        Assert.Contains("Free", await page.GetAsync<string>("document.querySelector('#map-status').textContent"), StringComparison.Ordinal);
        Assert.Contains("0x9c40", await page.GetAsync<string>("document.querySelector('#map-status').textContent"), StringComparison.Ordinal);
        await page.PressAsync("ArrowRight");
        Assert.Contains("0x9c42", await page.GetAsync<string>("document.querySelector('#map-status').textContent"), StringComparison.Ordinal);
        await page.PressAsync("Escape");
        Assert.Equal(1, await page.GetAsync<int>("document.querySelector('#map-trail').children.length"));
        Assert.Empty(page.Problems);
    }

    [Fact]
    public async Task AnythingCanBeDoneWithKeysAlone()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);
        List<string> reached = [];
        for (int i = 0; i < 60; i++)
        {
            await page.PressAsync("Tab");
            reached.Add((await page.GetAsync<string>("document.activeElement.id || document.activeElement.className || document.activeElement.textContent"))!);
        }

        Assert.Superset(new HashSet<string>(["map-by", "map-process", "map", "tile", "processes-filter", "sort"]), new HashSet<string>(reached));
        await page.EvaluateAsync("document.querySelector('#treemap .tile[tabindex=\"0\"]').focus()");
        string first = (await page.GetAsync<string>("document.activeElement.ariaLabel"))!;
        await page.PressAsync("ArrowRight");
        Assert.NotEqual(first, await page.GetAsync<string>("document.activeElement.ariaLabel"));
        await page.PressAsync("ArrowLeft", "Enter");
        Assert.Contains("parent 100", await page.GetAsync<string>("document.querySelector('#treemap-trail').textContent"), StringComparison.Ordinal);
        Assert.Contains("[anon], Anonymous, Uss 1 MiB, Shared 1.5 MiB", await page.GetAsync<string>("document.activeElement.ariaLabel"), StringComparison.Ordinal);
        await page.PressAsync("Escape");
        Assert.Equal(first, await page.GetAsync<string>("document.activeElement.ariaLabel"));
    }

    [Fact]
    public async Task TheTableSortsAndFilters()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);
        Assert.Equal("100, 103, 102, 101", await ReadOrderAsync(page));
        Rectangle shared = await page.FindAsync("#processes-table th:nth-child(5) button");
        await page.ClickAsync(shared.X + 5, shared.Y + 5);
        Assert.Equal("100, 101, 102, 103", await ReadOrderAsync(page));
        Assert.Equal("descending", await page.GetAsync<string>("document.querySelector('#processes-table th:nth-child(5)').ariaSort"));
        await page.EvaluateAsync("document.querySelector('#processes-table th:nth-child(2) button').focus()");
        await page.PressAsync("Enter", "Enter");
        Assert.Equal("100, 101, 102, 103", await ReadOrderAsync(page));
        await page.EvaluateAsync("document.querySelector('#processes-filter').focus()");
        await page.SendAsync("Input.insertText", new { text = "swap" });
        Assert.Equal("103", await ReadOrderAsync(page));
    }

    [Fact]
    public async Task NamesOfProcessesAndFilesStayText()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);

        Assert.Contains(ReportTree.HostileName, await page.GetAsync<string>("document.querySelector('#processes-table').textContent"), StringComparison.Ordinal);
        await page.EvaluateAsync($"[...document.querySelectorAll('#treemap .tile')].find(tile => tile.ariaLabel.includes('{ReportTree.Hostile}')).click()");
        Assert.Contains(ReportTree.HostileFile, await page.GetAsync<string>("document.querySelector('#treemap .tile').ariaLabel"), StringComparison.Ordinal);
        Assert.Equal(0, await page.GetAsync<int>("document.images.length"));
        Assert.Equal(3, await page.GetAsync<int>("document.scripts.length"));
        Assert.Empty(page.Problems);
    }

    [Fact]
    public async Task ThePolicyRefusesForeignScriptsAndRequests()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);
        await page.EvaluateAsync(
            """
            (async () => {
              const script = document.createElement("script");
              script.textContent = "window.foreign = true";
              document.body.append(script);
              await fetch("https://example.invalid/").catch(() => {});
            })()
            """);

        Assert.Null(await page.EvaluateAsync("window.foreign ?? null"));
        Assert.Contains(page.Problems, problem => problem.Contains("script-src", StringComparison.Ordinal));
        Assert.Contains(page.Problems, problem => problem.Contains("connect-src", StringComparison.Ordinal) || problem.Contains("default-src", StringComparison.Ordinal));
    }

    [Fact]
    public async Task EverythingThatCanBeUsedHasANameForAScreenReader()
    {
        await using BrowserPage page = await fixture.OpenPageAsync();
        await page.OpenAsync(fixture.Report);
        string[] roles = ["button", "combobox", "searchbox", "radio", "application", "table", "region", "image"];

        var nodes = (await page.SendAsync("Accessibility.getFullAXTree")).GetProperty("nodes").EnumerateArray()
            .Where(node => !node.GetProperty("ignored").GetBoolean())
            .Select(node => (Role: node.GetProperty("role").GetProperty("value").GetString()!, Name: node.TryGetProperty("name", out var name) ? name.GetProperty("value").GetString() : null)).ToArray();

        Assert.All(nodes.Where(node => roles.Contains(node.Role, StringComparer.Ordinal)), node => Assert.False(string.IsNullOrWhiteSpace(node.Name), $"A {node.Role} has no name."));
        Assert.Contains(("application", "Map of physical memory"), nodes);
        Assert.Contains(nodes, node => node.Role == "button" && node.Name!.StartsWith("parent 100, Uss 1 MiB", StringComparison.Ordinal));
    }

    private static async Task<string> ReadOrderAsync(BrowserPage page) =>
        await page.GetAsync<string>("[...document.querySelectorAll('#processes-table tbody tr td:nth-child(2)')].map(cell => cell.textContent).join(', ')");

    /// <summary>Finds the middle of the cell that has a page frame: 64 cells a row, on the right of the labels.</summary>
    private static async Task<(double X, double Y)> FindCellAsync(BrowserPage page, Rectangle map, int frame)
    {
        const int Columns = 64;
        const int Gutter = 72;
        int cellFrames = 1;
        while (cellFrames * Columns * 36 < ReportTree.Frames)
        {
            cellFrames *= 2;
        }

        await page.EvaluateAsync("hideTip()");
        double pitch = (map.Width - Gutter) / Columns;
        int cell = frame / cellFrames;
        return (map.X + Gutter + (((cell % Columns) + 0.5) * pitch), map.Y + (((cell / Columns) + 0.5) * pitch));
    }
}
