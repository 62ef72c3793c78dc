using System.Management.Automation;
using System.Text.Json.Nodes;
using PagemapTools.Tests.Browser;

namespace PagemapTools.Tests;

/// <summary>Export-PageReport: its targets, errors and warnings. ReportPictureTests and ReportUseTests open its reports in a browser.</summary>
[Trait("Tier", "Unit")]
public sealed class PageReportTests : IDisposable
{
    private readonly FakeProc _tree = ReportTree.Create();
    private readonly Session _session = new();

    public PageReportTests()
    {
        _session["report"] = FilePath;
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*:ProcPath"] = _tree.Path, ["*:AllowSavedTree"] = true };
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    private string FilePath => _tree.GetPath("report.html");

    [Theory]
    [InlineData("Export-PageReport $report", "100 101 102 103", false)]
    [InlineData("Export-PageReport $report par*, child", "100 101", true)]
    [InlineData("Export-PageReport $report -Id 103, 100", "100 103", true)]
    [InlineData("101, 103 | Export-PageReport $report", "101 103", true)]
    [InlineData("Measure-ProcessUss | Where-Object Shared -GT 0 | Export-PageReport -Path $report", "100 101", true)]
    public void AReportHasTheProcessesThatWereSelected(string command, string expected, bool isSelection)
    {
        Assert.Empty(_session.GetObjects(command));

        JsonNode report = ReportFixture.ReadData(FilePath);
        Assert.Equal(expected, string.Join(' ', report["processes"]!.AsArray().Select(process => process!["id"])));
        Assert.Equal(isSelection, (bool)report["isSelection"]!);
    }

    [Theory]
    [InlineData("Export-PageReport $report -WhatIf")]
    [InlineData("@() | Export-PageReport $report")]
    public void NothingIsWrittenWithoutATargetOrConsent(string command)
    {
        _session.GetObjects(command);

        Assert.False(File.Exists(FilePath));
    }

    [Fact]
    public void AMissingProcessIsAnErrorAndTheOthersAreInTheReport()
    {
        Outcome outcome = _session.Run("Export-PageReport $report -Id 100, 999");

        Assert.Equal(("NoProcessFoundForGivenId", 999), (Assert.Single(outcome.Errors).GetErrorId(), outcome.Errors[0].TargetObject));
        Assert.Equal(100, (int)Assert.Single(ReportFixture.ReadData(FilePath)["processes"]!.AsArray())!["id"]!);
    }

    [Fact]
    public void AFileThatCannotBeWrittenEndsTheCommand() =>
        Assert.Equal("FileNotWritten", _session.GetTermination("Export-PageReport $report/none/report.html").GetErrorId());

    [Fact]
    public void PicturesThatAreMissingAreAWarning()
    {
        File.Delete(_tree.GetPath("kpageflags"));
        Outcome outcome = _session.Run("Export-PageReport $report");

        Assert.Null(outcome.Termination);
        Assert.StartsWith("The map and the bars of physical memory are left out. ", Assert.Single(outcome.Warnings), StringComparison.Ordinal);
        Assert.Equal(outcome.Warnings, ReportFixture.ReadData(FilePath)["notes"]!.AsArray().Select(note => (string)note!));
    }
}
