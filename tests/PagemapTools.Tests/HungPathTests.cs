using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>A path that the user names may be on a file system whose server does not answer.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class HungPathTests : IDisposable
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    private readonly Session _session = new();

    public void Dispose() => _session.Dispose();

    [Theory]
    [InlineData("Measure-FileCache $path, $beside", "$path", 1)]
    [InlineData("Measure-FileCache -LiteralPath $path, $beside", "$path", 1)]
    [InlineData("Measure-FileCache $mount, $beside -Recurse", "$mount", 1)]
    [InlineData("Get-FilePageMap $path, $beside", "$path", 1)]
    [InlineData("Get-KPageMapping -Path $path, $beside", "$path", 0)]
    [InlineData("Get-KPageMapping -LiteralPath $path", "$path", 0)]
    public void PathThatDoesNotAnswerIsAnError(string command, string failed, int minRows)
    {
        using TargetProcess target = Start();

        Outcome outcome = RunSoon(() => _session.Run($"{command} -TimeoutSec 1"), target);

        Assert.Null(outcome.Termination);
        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal(("FileTimedOut", ErrorCategory.OperationTimeout), (error.GetErrorId(), error.CategoryInfo.Category));
        Assert.Equal(_session[failed[1..]], error.TargetObject);
        Assert.Contains($"'{error.TargetObject}' did not answer within 1 seconds", error.ToString(), StringComparison.Ordinal);
        Assert.True(outcome.Output.Count >= minRows, $"{outcome.Output.Count} rows");
    }

    [Theory]
    [InlineData("Measure-FileCache $path")]
    [InlineData("Measure-FileCache $mount -Recurse")]
    [InlineData("Get-FilePageMap -LiteralPath $path")]
    [InlineData("Get-KPageMapping -Path $path")]
    public void StopLeavesAPathThatDoesNotAnswer(string command)
    {
        using TargetProcess target = Start();
        using PowerShell shell = _session.CreateCommand($"{command} -TimeoutSec 3600");
        IAsyncResult work = shell.BeginInvoke();
        Assert.False(work.AsyncWaitHandle.WaitOne(TimeSpan.FromSeconds(1)), "The command ended by itself.");

        TimeSpan elapsed = RunSoon(() => Stop(shell), target);

        Assert.InRange(elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(1));
    }

    /// <summary>A file on FUSE is measured if its path is named and its server answers.</summary>
    [Fact]
    public void PathOfAServerThatAnswersIsMeasured()
    {
        using TargetProcess target = Start("answers=1");

        PSObject file = Assert.Single(_session.GetObjects("Measure-FileCache $path"));

        Assert.Equal((Environment.SystemPageSize, "Mincore"), ((int)file.Get<long>("Length"), file.Get<string>("Method")));
    }

    private static TimeSpan Stop(PowerShell shell)
    {
        Stopwatch watch = Stopwatch.StartNew();
        shell.Stop();
        return watch.Elapsed;
    }

    /// <summary>Runs what should not wait for the server, and then releases those who wait.</summary>
    private static T RunSoon<T>(Func<T> action, TargetProcess target)
    {
        Task<T> run = Task.Run(action);
        bool hasEnded = run.Wait(s_soon);
        string unanswered = target.Next().Region.Expect["unanswered"];
        Assert.True(hasEnded, "The server was waited for.");
        Assert.NotEqual("0", unanswered);
        return run.Result;
    }

    private TargetProcess Start(params string[] options)
    {
        TargetProcess target = TargetProcess.Start("hung-mount", options);
        string directory = target.Region.Expect["directory"];
        string mount = Path.Join(directory, $"pagemaptools-test-fuse-{target.ProcessId}");
        (_session["mount"], _session["path"], _session["beside"]) = (mount, Path.Join(mount, "file"), Path.Join(directory, "beside"));
        return target;
    }
}
