namespace PagemapTools.Tests;

/// <summary>Script files with arguments.</summary>
[Trait("Tier", "Live")]
public sealed class HostFileTests : IDisposable
{
    private readonly FakeProc _directory = new();

    [Fact]
    public void Arguments_are_bound_by_position_and_by_name()
    {
        string[] output = Run("param($First, [int]$Number, [switch]$Wide, $Rest) \"$First|$Number|$Wide|$Rest\"", "a b", "-Number", "7", "-Wide", "-Rest:x'y");

        Assert.Equal(["a b|7|True|x'y"], output);
    }

    [Fact]
    public void Arguments_are_no_code()
    {
        Assert.Equal(["$(1 + 1); 'x'|`n"], Run("\"$($args[0])|$($args[1])\"", "$(1 + 1); 'x'", "`n"));
        Assert.Equal(["False"], Run("param([switch]$Wide) $Wide.IsPresent", "-Wide:$false"));
    }

    [Fact]
    public void A_script_knows_where_it_is()
    {
        Assert.Equal([_directory.Path, _directory.PathOf("script.ps1")], Run("$PSScriptRoot; $PSCommandPath"));
    }

    [Fact]
    public void Its_exit_status_is_that_of_the_program()
    {
        _directory.Text("script.ps1", "if ($args[0] -eq 'bad') { exit 9 }; 'fine'");
        string path = _directory.PathOf("script.ps1");

        Assert.Equal(9, HostProgram.Run(["-Module", BuiltFiles.Module, "-File", path, "bad"]).Status);
        Assert.Equal(0, HostProgram.Run(["-Module", BuiltFiles.Module, "-File", path, "good"]).Status);
    }

    [Fact]
    public void An_error_in_it_names_the_line()
    {
        _directory.Text("script.ps1", "'one'\nMeasure-ProcessUss -Id 99999999\nthrow 'third line'\n");

        HostRun run = HostProgram.Run(["-Module", BuiltFiles.Module, "-File", _directory.PathOf("script.ps1")]);

        Assert.Equal(1, run.Status);
        Assert.Equal(["one"], run.Lines);
        Assert.Contains("99999999", run.Error);
        Assert.Contains("third line", run.Error);
        Assert.Contains("3", run.Error);
    }

    public void Dispose() => _directory.Dispose();

    private string[] Run(string script, params string[] arguments)
    {
        _directory.Text("script.ps1", script);
        HostRun run = HostProgram.Run(["-Module", BuiltFiles.Module, "-File", _directory.PathOf("script.ps1"), .. arguments]);
        Assert.Equal("", run.Error);
        return run.Lines;
    }
}
