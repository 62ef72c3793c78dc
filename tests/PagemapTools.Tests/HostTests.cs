using System.Diagnostics;

namespace PagemapTools.Tests;

/// <summary>src/PagemapTools.Host: PowerShell's own console, with the module imported before the first command.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Live")]
public sealed class HostTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(5);

    [Fact]
    public void FirstCommandOfReadmeRuns()
    {
        HostRun run = HostProgram.RunScript("Measure-ProcessUss | Sort-Object Uss -Descending | Select-Object -First 10 | ForEach-Object Uss");

        Assert.Equal(0, run.Status);
        // A process that even root may not read is left out with a warning.
        long[] sizes = [.. run.Lines.Where(line => !line.StartsWith("WARNING: ", StringComparison.Ordinal)).Select(long.Parse)];
        Assert.InRange(sizes.Length, 1, 10);
        Assert.Equal(sizes.OrderDescending(), sizes);
    }

    [Fact]
    public void HostImportsModuleBesideEngine()
    {
        HostRun run = HostProgram.RunScript("(Get-Module PagemapTools).ModuleBase; $PSHOME");

        Assert.Equal(2, run.Lines.Length);
        Assert.Equal(Path.Join(run.Lines[1], "Modules/PagemapTools"), run.Lines[0]);
    }

    [Fact]
    public void ScriptFileGetsArgumentsAndSetsExitStatus()
    {
        using FakeProc directory = new();
        directory.WriteText("script.ps1", "param($First, [switch]$Wide) (Get-Module PagemapTools).Name; \"$First $Wide\"; exit 9");

        HostRun run = HostProgram.Run(["-NoProfile", "-File", directory.GetPath("script.ps1"), "a b", "-Wide"]);

        Assert.Equal(9, run.Status);
        Assert.Equal(["PagemapTools", "a b True"], run.Lines);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void HostRunsScriptFromStandardInput()
    {
        HostRun run = HostProgram.Run(["-NoProfile", "-Command", "-"], input: "$module = Get-Module PagemapTools\n\"name: $($module.Name)\"\nexit 4\n");

        Assert.Equal(4, run.Status);
        Assert.EndsWith("name: PagemapTools", run.Lines[^1]);
    }

    [Fact]
    public void FailedCommandWritesToStderrAndSetsExitStatus()
    {
        HostRun run = HostProgram.RunScript($"'before'; Measure-ProcessUss -Id {Machine.MissingProcess}");

        Assert.Equal(1, run.Status);
        Assert.Equal(["before"], run.Lines);
        Assert.Contains(Machine.MissingProcess.ToString(), run.Error);
    }

    [Fact]
    public async Task InterruptStopsRunningCmdlet()
    {
        Require.Program("sh");
        using TargetProcess target = TargetProcess.StartInKnownMemory("scattered", "pages=16");
        using Process host = HostProgram.StartInterruptible(
            ["-NoProfile", "-Command", $"try {{ [Console]::WriteLine('begun'); Get-ProcessPageMap -Id {target.ProcessId} -IncludeUnpopulated | Out-Null }} finally {{ [Console]::WriteLine('cleaned up') }}"]);
        try
        {
            Assert.Equal("begun", await ReadLineAsync(host));
            await Task.Delay(TimeSpan.FromMilliseconds(300), TestContext.Current.CancellationToken);

            Stopwatch watch = Stopwatch.StartNew();
            Assert.Empty(Tool.ReadLines("sh", "-c", $"kill -INT {host.Id}"));

            Assert.Equal("cleaned up", await ReadLineAsync(host));
            Assert.True(host.WaitForExit(s_patience));
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_prompt);
        }
        finally
        {
            host.Kill();
        }
    }

    private static Task<string?> ReadLineAsync(Process host) => host.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
}
