using System.Diagnostics;

namespace PagemapTools.Tests;

/// <summary>A run of the host that is ended from outside.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Live")]
public sealed class HostStopTests
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_prompt = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData("INT", 130)]
    [InlineData("TERM", 143)]
    public void A_signal_ends_long_work_at_once_and_the_script_cleans_up(string signal, int status)
    {
        Require.Program("sh");
        using TargetProcess target = TargetProcess.StartInKnownMemory("scattered", "pages=16");
        using Process host = HostProgram.Start(
            ["-Module", BuiltFiles.Module, $"try {{ [Console]::WriteLine('begun'); Get-ProcessPageMap -Id {target.ProcessId} -IncludeUnpopulated | ForEach-Object {{ }} }} finally {{ [Console]::WriteLine('cleaned up') }}"]);
        Assert.Equal("begun", host.StandardOutput.ReadLine());
        Thread.Sleep(TimeSpan.FromMilliseconds(300));

        Stopwatch watch = Stopwatch.StartNew();
        Assert.Empty(Tool.Lines("sh", "-c", $"kill -{signal} {host.Id}"));

        Assert.Equal("cleaned up", host.StandardOutput.ReadLine());
        Assert.True(host.WaitForExit(s_patience));
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, s_prompt);
        Assert.Equal(status, host.ExitCode);
    }

    [Fact]
    public void When_nobody_reads_the_output_any_longer_it_ends()
    {
        using Process host = HostProgram.Start(["-Module", BuiltFiles.Module, "while ($true) { 'line after line' }"]);
        Assert.Equal("line after line", host.StandardOutput.ReadLine());

        host.StandardOutput.Close();

        Assert.True(host.WaitForExit(s_patience));
        Assert.Equal(141, host.ExitCode);
    }
}
