using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json;

namespace PagemapTools.Tests.Browser;

/// <summary>A headless Chromium, which is spoken to over the DevTools protocol (https://chromedevtools.github.io/devtools-protocol).</summary>
internal sealed class Chromium : IAsyncDisposable
{
    private const string Program = "chromium";
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly DirectoryInfo _profile;

    private Chromium(Process process, DirectoryInfo profile)
    {
        _process = process;
        _profile = profile;
    }

    public static bool IsInstalled => Tool.Find(Program) is not null;

    public static async Task<Chromium> StartAsync(CancellationToken cancellationToken)
    {
        DirectoryInfo profile = Directory.CreateTempSubdirectory("pagemaptools-chromium-");
        ProcessStartInfo start = new(Program,
        [
            "--headless", "--remote-debugging-port=0", $"--user-data-dir={profile.FullName}", "--no-first-run", "--disable-gpu", "--hide-scrollbars",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-component-update", "--force-color-profile=srgb",
            .. Machine.IsRoot ? (string[])["--no-sandbox"] : [],
            "about:blank",
        ])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        Chromium browser = new(Process.Start(start)!, profile);

        // It warns of what a machine without a desktop does not have.
        browser._process.ErrorDataReceived += (_, _) => { };
        browser._process.BeginErrorReadLine();
        await browser.WaitForPortAsync(cancellationToken);
        return browser;
    }

    public async Task<BrowserPage> OpenPageAsync(CancellationToken cancellationToken)
    {
        using HttpClient http = new() { BaseAddress = new Uri($"http://127.0.0.1:{ReadPort()}"), Timeout = s_timeout };
        using HttpResponseMessage response = await http.PutAsync("/json/new?about:blank", content: null, cancellationToken);
        JsonElement target = await response.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        return await BrowserPage.ConnectAsync(new Uri(target.GetProperty("webSocketDebuggerUrl").GetString()!), cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();

        // Its helpers may write while they end.
        for (int attempt = 0; _profile.Exists && attempt < 20; attempt++)
        {
            try
            {
                _profile.Delete(recursive: true);
            }
            catch (IOException)
            {
                await Task.Delay(50);
            }

            _profile.Refresh();
        }
    }

    private async Task WaitForPortAsync(CancellationToken cancellationToken)
    {
        for (Stopwatch waited = Stopwatch.StartNew(); ReadPort() is null; await Task.Delay(50, cancellationToken))
        {
            Assert.False(_process.HasExited, "Chromium ended at once.");
            Assert.True(waited.Elapsed < s_timeout, "Chromium does not open its port.");
        }
    }

    // The file has the port in its first line, and the browser's own address in the second.
    private string? ReadPort()
    {
        string path = Path.Join(_profile.FullName, "DevToolsActivePort");
        return File.Exists(path) && File.ReadAllLines(path) is [{ } port, _, ..] ? port : null;
    }
}
