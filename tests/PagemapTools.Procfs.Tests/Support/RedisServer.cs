using System.Diagnostics;
using System.Globalization;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>A Redis server with its own socket and directory; Dispose ends it.</summary>
internal sealed class RedisServer : IDisposable
{
    private const int KeySize = 1000;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    private readonly Process _process;
    private readonly string _directory;

    private RedisServer(Process process, string directory)
    {
        _process = process;
        _directory = directory;
    }

    public int ProcessId => _process.Id;

    /// <summary>Starts a server with data; skips the test if Redis is not installed.</summary>
    public static RedisServer Start(int megabytes)
    {
        Require.Program("redis-server");
        Require.Program("redis-cli");
        string directory = Directory.CreateTempSubdirectory("pagemaptools-redis-").FullName;
        string[] arguments = ["--port", "0", "--unixsocket", $"{directory}/socket", "--dir", directory, "--save", "", "--appendonly", "no", "--rdb-key-save-delay", "1000"];
        RedisServer server = new(Process.Start(new ProcessStartInfo("redis-server", arguments) { RedirectStandardOutput = true, UseShellExecute = false })!, directory);
        server._process.BeginOutputReadLine();
        Assert.True(SpinWait.SpinUntil(() => File.Exists($"{directory}/socket"), s_patience), "Redis does not listen.");
        server.Write(megabytes, "a");
        return server;
    }

    /// <summary>Forks a child that saves the data; a delay for each key keeps the child. Returns its id.</summary>
    public int BeginSave()
    {
        Call("bgsave");
        string children = FormattableString.Invariant($"/proc/{ProcessId}/task/{ProcessId}/children");
        Assert.True(SpinWait.SpinUntil(() => File.ReadAllText(children).Trim().Length > 0, s_patience), "Redis did not fork.");
        return int.Parse(File.ReadAllText(children).Trim().Split(' ')[0], CultureInfo.InvariantCulture);
    }

    /// <summary>Writes keys again, in place.</summary>
    public void Overwrite(int megabytes) => Write(megabytes, "b");

    /// <summary>Measures while the server and its child stand still.</summary>
    public T MeasureStopped<T>(int child, Func<T> measure)
    {
        Signals.Stop(ProcessId);
        Signals.Stop(child);
        try
        {
            return measure();
        }
        finally
        {
            Signals.Continue(child);
            Signals.Continue(ProcessId);
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private void Write(int megabytes, string letter) => Call(
        "eval", "for i = 1, tonumber(ARGV[1]) do redis.call('setrange', 'key:' .. i, 0, string.rep(ARGV[2], tonumber(ARGV[3]))) end", "0",
        (megabytes * 1_000_000 / KeySize).ToString(CultureInfo.InvariantCulture), letter, KeySize.ToString(CultureInfo.InvariantCulture));

    private void Call(params string[] arguments)
    {
        using Process client = Process.Start(new ProcessStartInfo("redis-cli", ["-s", $"{_directory}/socket", .. arguments]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string answer = client.StandardOutput.ReadToEnd();
        client.WaitForExit();
        Assert.True(client.ExitCode == 0 && !answer.StartsWith("ERR", StringComparison.Ordinal), answer);
    }
}
