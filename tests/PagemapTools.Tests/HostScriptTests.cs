namespace PagemapTools.Tests;

/// <summary>src/PagemapTools.Host as it is called from a shell.</summary>
[Trait("Tier", "Live")]
public sealed class HostScriptTests
{
    [Fact]
    public void The_output_of_a_script_goes_to_standard_output_and_nothing_else_does()
    {
        HostRun run = HostProgram.RunScript("$VerbosePreference = 'Continue'; Import-Module $PSHOME/nosuch -ErrorAction Ignore; Measure-ProcessUss -Id $PID | ForEach-Object { $_.ProcessId -eq $PID }");

        Assert.Equal(0, run.Status);
        Assert.Equal(["True"], run.Lines);
    }

    [Fact]
    public void Several_words_are_one_script()
    {
        HostRun run = HostProgram.Run(["-Module", BuiltFiles.Module, "1", "+", "2"]);

        Assert.Equal("3", Assert.Single(run.Lines));
    }

    [Fact]
    public void A_script_comes_from_standard_input()
    {
        HostRun run = HostProgram.Run(["-Module", BuiltFiles.Module, "-"], input: "$x = 20\n$x + 1\n");

        Assert.Equal("21", Assert.Single(run.Lines));
    }

    [Fact]
    public void The_module_is_imported()
    {
        HostRun run = HostProgram.RunScript("(Get-Module PagemapTools).Path; (Test-PagemapSupport)[0].Feature");

        Assert.Equal(2, run.Lines.Length);
        Assert.StartsWith(Path.GetDirectoryName(BuiltFiles.Module)!, run.Lines[0]);
        Assert.Equal("Pagemap", run.Lines[1]);
    }

    [Fact]
    public void The_module_is_found_above_the_program()
    {
        string? staged = BuiltFiles.StagedModule(Path.GetDirectoryName(BuiltFiles.Host));
        Require.That(!(staged is null), "Clone", "The host was built outside of a clone.");

        HostRun run = HostProgram.Run(["(Get-Module PagemapTools).ModuleBase"]);

        Assert.Equal(Path.GetDirectoryName(staged), Assert.Single(run.Lines));
    }

    [Fact]
    public void Objects_are_formatted_as_a_console_would_and_without_colour()
    {
        HostRun run = HostProgram.RunScript("Measure-ProcessUss -Id $PID; Get-Command -Module PagemapTools");

        Assert.Equal(0, run.Status);
        Assert.Contains("Measure-ProcessUss", run.Output);
        Assert.Contains("CommandType", run.Output);
        Assert.DoesNotContain('\e', run.Output);
        Assert.All(run.Lines, line => Assert.InRange(line.Length, 0, 120));
    }

    [Theory]
    [InlineData("'done'; exit 7; 'never'", 7)]
    [InlineData("'done'; exit; 'never'", 0)]
    public void The_status_is_what_the_script_says(string script, int status)
    {
        HostRun run = HostProgram.RunScript(script);

        Assert.Equal(status, run.Status);
        Assert.DoesNotContain("never", run.Output);
    }

    [Fact]
    public void The_environment_may_name_another_proc()
    {
        using FakeProc tree = new();
        tree.Process(7, 0x10000, PagemapBits.PresentAt(1), PagemapBits.PresentAt(2));

        HostRun run = HostProgram.RunScript($"[Environment]::SetEnvironmentVariable('PAGEMAPTOOLS_PROC', '{tree.Path}'); Get-ProcessPageMap -Id 7 | ForEach-Object Pfn");

        Assert.Equal(["1", "2"], run.Lines);
    }

    [Theory]
    [InlineData]
    [InlineData("--help")]
    [InlineData("-Help")]
    [InlineData("-?")]
    public void Without_a_script_it_says_how_to_use_it(params string[] arguments)
    {
        HostRun run = HostProgram.Run(arguments);

        Assert.Equal(0, run.Status);
        Assert.Contains("Usage:", run.Output);
        Assert.Contains("Measure-ProcessUss", run.Output);
        Assert.Equal("", run.Error);
        Assert.InRange(run.Lines.Length, 5, 40);
    }
}
