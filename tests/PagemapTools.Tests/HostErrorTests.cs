namespace PagemapTools.Tests;

/// <summary>What goes wrong goes to standard error, and shows in the exit status.</summary>
[Trait("Tier", "Live")]
public sealed class HostErrorTests
{
    [Fact]
    public void An_error_goes_to_standard_error_and_the_script_goes_on()
    {
        HostRun run = HostProgram.RunScript($"Measure-ProcessUss -Id {Machine.MissingProcess}; 'after'");

        Assert.Equal(1, run.Status);
        Assert.Equal(["after"], run.Lines);
        Assert.Contains(Machine.MissingProcess.ToString(), run.Error);
    }

    [Fact]
    public void An_error_that_ends_the_script_shows_too()
    {
        HostRun run = HostProgram.RunScript("'before'; throw 'a reason'; 'after'");

        Assert.Equal(1, run.Status);
        Assert.Equal(["before"], run.Lines);
        Assert.Contains("a reason", run.Error);
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id", "Id")]
    [InlineData("if (", "if (")]
    [InlineData("Get-KPageFlags -Pfn 0xzz", "0xzz")]
    public void A_script_that_makes_no_sense_is_explained(string script, string part)
    {
        HostRun run = HostProgram.RunScript(script);

        Assert.Equal(1, run.Status);
        Assert.Equal("", run.Output);
        Assert.Contains(part, run.Error);
    }

    [Fact]
    public void An_error_that_the_script_takes_care_of_is_none()
    {
        HostRun run = HostProgram.RunScript(
            "try { throw 'x' } catch { 'caught' }; Measure-ProcessUss -Id 99999999 -ErrorAction SilentlyContinue; 'silent'; Measure-ProcessUss -Id 99999999 2>$null; 'redirected'");

        Assert.Equal(0, run.Status);
        Assert.Equal(["caught", "silent", "redirected"], run.Lines);
        Assert.Equal("", run.Error);
    }

    [Fact]
    public void Warnings_go_to_standard_error_and_are_no_failure()
    {
        using FakeProc tree = new();
        tree.Process(7, 0x10000, PagemapBits.Present);

        HostRun run = HostProgram.RunScript($"Get-ProcessPageMap -Id 7 -ProcPath '{tree.Path}' | ForEach-Object State");

        Assert.Equal(0, run.Status);
        Assert.Equal(["Present"], run.Lines);
        Assert.StartsWith("WARNING: ", run.Error);
    }

    [Fact]
    public void A_command_that_only_the_full_PowerShell_has_is_said_to_be_one()
    {
        HostRun run = HostProgram.RunScript("Get-Process | Measure-ProcessUss; 1 | Sort-Object; 1 | Export-Csv x.csv");

        Assert.Equal(1, run.Status);
        Assert.All((string[])["Get-Process", "Sort-Object", "Export-Csv"], command => Assert.Contains($"'{command}' is part of the full PowerShell", run.Error));
        Assert.Contains("Import-Module", run.Error);
    }

    [Fact]
    public void Nothing_is_said_of_it_where_it_is_not_the_cause()
    {
        Assert.DoesNotContain("full PowerShell", HostProgram.RunScript("try { Get-Process } catch { }; Get-Nothing").Error);
    }

    [Theory]
    [InlineData("-NoSuchOption")]
    [InlineData("-File")]
    [InlineData("-File", "/nonexistent.ps1")]
    [InlineData("-File", "/etc/passwd")]
    [InlineData("-", "more")]
    public void A_command_line_that_makes_no_sense_is_refused(params string[] arguments)
    {
        HostRun run = HostProgram.Run(arguments);

        Assert.Equal(64, run.Status);
        Assert.Equal("", run.Output);
        Assert.NotEqual("", run.Error);
    }

    [Fact]
    public void A_module_that_is_not_there_is_refused()
    {
        HostRun run = HostProgram.Run(["-Module", "/nonexistent/PagemapTools.psd1", "'never'"]);

        Assert.Equal(1, run.Status);
        Assert.Equal("", run.Output);
        Assert.Contains("/nonexistent/PagemapTools.psd1", run.Error);
    }
}
