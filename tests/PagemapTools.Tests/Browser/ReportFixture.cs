using System.Management.Automation;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests.Browser;

/// <summary>The reports of a made-up machine, what the cmdlets say of it, and one browser for all tests.</summary>
[CollectionDefinition(Collection)]
public sealed class ReportFixture : IAsyncLifetime, ICollectionFixture<ReportFixture>
{
    public const string Collection = "Report";

    private readonly FakeProc _tree = ReportTree.Create();
    private readonly Session _session = new();
    private Chromium? _browser;

    /// <summary>The report without page frame numbers.</summary>
    internal string Report => _tree.GetPath("report.html");

    /// <summary>The report with them.</summary>
    internal string ReportWithFrames => _tree.GetPath("frames.html");

    /// <summary>The JSON of the report.</summary>
    internal JsonNode Data { get; private set; } = null!;

    internal IReadOnlyList<PSObject> Processes { get; private set; } = [];

    internal IReadOnlyDictionary<string, long> Kinds { get; private set; } = new Dictionary<string, long>();

    public async ValueTask InitializeAsync()
    {
        _session["tree"] = new PSObject(_tree.Path);
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*:ProcPath"] = _tree.Path, ["*:AllowSavedTree"] = true };
        _session.GetObjects($"Export-PageReport {Report}; Export-PageReport {ReportWithFrames} -IncludeFrames");
        Processes = _session.GetObjects("Measure-ProcessUss");
        Kinds = _session.GetObjects("Measure-KPageFlags -ByKind").ToDictionary(kind => $"{kind.Get<object>("Kind")}", kind => kind.Get<long>("Bytes"));
        Data = ReadData(Report);
        _browser = Chromium.IsInstalled ? await Chromium.StartAsync(TestContext.Current.CancellationToken) : null;
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
        {
            await _browser.DisposeAsync();
        }

        _session.Dispose();
        _tree.Dispose();
    }

    /// <summary>Reads the JSON of a report.</summary>
    internal static JsonNode ReadData(string path) =>
        JsonNode.Parse(Regex.Match(File.ReadAllText(path), "<script type=\"application/json\" id=\"report\">(?<json>.*?)</script>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(5)).Groups["json"].Value)!;

    /// <summary>Opens a new page; skips the test if there is no browser.</summary>
    internal async Task<BrowserPage> OpenPageAsync()
    {
        Require.That(_browser is not null, "Chromium", "chromium is not on PATH (tests/get-chromium gets it)");
        return await _browser.OpenPageAsync(TestContext.Current.CancellationToken);
    }
}
