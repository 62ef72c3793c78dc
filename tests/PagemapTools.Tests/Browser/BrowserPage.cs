using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PagemapTools.Tests.Browser;

/// <summary>A page of the browser: commands of the DevTools protocol, and what the page complained of.</summary>
internal sealed class BrowserPage : IAsyncDisposable
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(20);
    private static readonly string[] s_problems = ["Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled", "Network.requestWillBeSent"];

    private readonly ClientWebSocket _socket = new();
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonElement>> _pending = [];
    private readonly CancellationTokenSource _end = new();
    private readonly ConcurrentQueue<string> _events = [];
    private Task _receiver = Task.CompletedTask;
    private int _last;

    /// <summary>Errors, messages in the console, and requests for anything but the page itself.</summary>
    public IReadOnlyCollection<string> Problems => _events;

    public static async Task<BrowserPage> ConnectAsync(Uri address, CancellationToken cancellationToken)
    {
        BrowserPage page = new();
        await page._socket.ConnectAsync(address, cancellationToken);
        page._receiver = page.ReceiveAsync();
        foreach (string domain in (string[])["Page", "Runtime", "Log", "Network", "Accessibility"])
        {
            await page.SendAsync($"{domain}.enable");
        }

        return page;
    }

    /// <summary>Opens a file at a width, and waits until the report says that it is complete.</summary>
    public async Task OpenAsync(string path, int width = 1440, int height = 1000, bool isDark = false)
    {
        _events.Clear();
        await SendAsync("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 600 });
        await SendAsync("Emulation.setEmulatedMedia", new { media = string.Empty, features = new[] { new { name = "prefers-color-scheme", value = isDark ? "dark" : "light" } } });
        await SendAsync("Page.navigate", new { url = $"file://{path}" });
        await WaitAsync("document.documentElement?.dataset.ready === 'true' || document.querySelector('#notes li') !== null");

        // ResizeObserver and layout have run after two frames.
        await EvaluateAsync("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(true))))");
    }

    /// <summary>Sends a command and returns its result.</summary>
    public async Task<JsonElement> SendAsync(string method, object? parameters = null)
    {
        int id = Interlocked.Increment(ref _last);
        TaskCompletionSource<JsonElement> pending = _pending[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        await _socket.SendAsync(JsonSerializer.SerializeToUtf8Bytes(new { id, method, @params = parameters ?? new { } }), WebSocketMessageType.Text, endOfMessage: true, _end.Token);
        return await pending.Task.WaitAsync(s_timeout, TestContext.Current.CancellationToken);
    }

    /// <summary>Evaluates an expression in the page, waits for a promise, and returns the value.</summary>
    public async Task<JsonNode?> EvaluateAsync(string expression)
    {
        JsonElement result = await SendAsync("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true });
        Assert.False(result.TryGetProperty("exceptionDetails", out JsonElement failure), $"{expression}: {failure}");
        return result.GetProperty("result").TryGetProperty("value", out JsonElement value) ? JsonNode.Parse(value.GetRawText()) : null;
    }

    public async Task<T> GetAsync<T>(string expression) => (await EvaluateAsync(expression))!.Deserialize<T>(JsonSerializerOptions.Web)!;

    public async Task WaitAsync(string condition)
    {
        DateTime end = DateTime.UtcNow + s_timeout;
        while (!(bool)(await EvaluateAsync($"Boolean({condition})"))!)
        {
            Assert.True(DateTime.UtcNow < end, $"This never became true: {condition}");
            await Task.Delay(30, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Presses keys, by their names.</summary>
    public async Task PressAsync(params string[] keys)
    {
        foreach (string key in keys)
        {
            string text = key == "Enter" ? "\r" : string.Empty;
            int code = key switch { "Enter" => 13, "Escape" => 27, "Tab" => 9, "ArrowLeft" => 37, "ArrowUp" => 38, "ArrowRight" => 39, "ArrowDown" => 40, _ => 0 };
            await SendAsync("Input.dispatchKeyEvent", new { type = text.Length == 0 ? "rawKeyDown" : "keyDown", key, code = key, windowsVirtualKeyCode = code, text });
            await SendAsync("Input.dispatchKeyEvent", new { type = "keyUp", key, code = key, windowsVirtualKeyCode = code });
        }
    }

    public Task<JsonElement> MoveAsync(double x, double y) => SendAsync("Input.dispatchMouseEvent", new { type = "mouseMoved", x, y });

    public async Task ClickAsync(double x, double y)
    {
        await MoveAsync(x, y);
        await SendAsync("Input.dispatchMouseEvent", new { type = "mousePressed", x, y, button = "left", clickCount = 1 });
        await SendAsync("Input.dispatchMouseEvent", new { type = "mouseReleased", x, y, button = "left", clickCount = 1 });
    }

    /// <summary>Scrolls an element into view, and returns its rectangle in the window.</summary>
    public Task<Rectangle> FindAsync(string selector) => GetAsync<Rectangle>(
        $$"""(() => { const found = document.querySelector({{JsonSerializer.Serialize(selector)}}); found.scrollIntoView({ block: "center" }); const { x, y, width, height } = found.getBoundingClientRect(); return { x, y, width, height }; })()""");

    /// <summary>Takes a picture of an element, or of the whole page.</summary>
    public async Task<byte[]> CaptureAsync(string selector = "html")
    {
        object clip = await GetAsync<JsonNode>(
            $$"""(() => { const { x, y, width, height } = document.querySelector("{{selector}}").getBoundingClientRect(); return { x: x + scrollX, y: y + scrollY, width, height, scale: 1 }; })()""");
        JsonElement picture = await SendAsync("Page.captureScreenshot", new { format = "png", captureBeyondViewport = true, clip });
        return picture.GetProperty("data").GetBytesFromBase64();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _receiver;
        _socket.Dispose();
        _end.Dispose();
    }

    private async Task ReceiveAsync()
    {
        byte[] buffer = new byte[1 << 16];
        using MemoryStream message = new();
        try
        {
            while (true)
            {
                WebSocketReceiveResult received = await _socket.ReceiveAsync(buffer, _end.Token);
                message.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    Dispatch(JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length)));
                    message.SetLength(0);
                }
            }
        }
        catch (Exception end) when (end is OperationCanceledException or WebSocketException)
        {
            foreach (TaskCompletionSource<JsonElement> pending in _pending.Values)
            {
                pending.TrySetException(end);
            }
        }
    }

    private void Dispatch(JsonElement message)
    {
        if (message.TryGetProperty("id", out JsonElement id) && _pending.TryRemove(id.GetInt32(), out TaskCompletionSource<JsonElement>? pending))
        {
            if (message.TryGetProperty("error", out JsonElement error))
            {
                pending.TrySetException(new InvalidOperationException(error.ToString()));
            }
            else
            {
                pending.TrySetResult(message.GetProperty("result"));
            }
        }
        else if (message.TryGetProperty("method", out JsonElement method) && s_problems.Contains(method.GetString(), StringComparer.Ordinal)
            && !(method.GetString() == "Network.requestWillBeSent" && message.GetProperty("params").GetProperty("type").GetString() == "Document"))
        {
            _events.Enqueue(message.ToString());
        }
    }
}

/// <summary>A rectangle of the page, in pixels of the style sheet.</summary>
internal sealed record Rectangle(double X, double Y, double Width, double Height)
{
    public double Area => Width * Height;
}
