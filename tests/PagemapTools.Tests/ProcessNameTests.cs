using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Selects processes by name in a /proc tree with known processes.</summary>
[Trait("Tier", "Unit")]
public sealed class ProcessNameTests : IDisposable
{
    private const ulong Address = 0x10000;

    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public ProcessNameTests()
    {
        foreach ((int id, string name) in ((int, string)[])[(11, "postgres"), (12, "postgres"), (13, "pwsh"), (14, "Web[1]")])
        {
            _tree.AddProcess(id, Address, PagemapBits.PresentAt(1) | PagemapBits.Exclusive).WriteText($"{id}/comm", name + "\n");
        }

        _tree.WriteEntries("kpageflags", 0, 0, 0).WriteEntries("kpagecount", 0, 0, 1);
        _session["tree"] = _tree.Path;
    }

    [Theory]
    [InlineData("postgres", new[] { 11, 12 })]
    [InlineData("POSTGRES", new[] { 11, 12 })]
    [InlineData("p*", new[] { 11, 12, 13 })]
    [InlineData("?wsh", new[] { 13 })]
    [InlineData("pwsh, postgres", new[] { 13, 11, 12 })]
    [InlineData("nosuch*", new int[0])]
    public void NameAcceptsWildcardsAndAnyCase(string names, int[] expected)
    {
        Assert.Equal(expected, _session.GetObjects($"Get-ProcessPageMap -Name {names} -ProcPath $tree -AllowSavedTree").GetColumn<int>("ProcessId"));
        Assert.Equal(expected, _session.GetObjects($"Get-ProcessPageMap {names} -ProcPath $tree -AllowSavedTree").GetColumn<int>("ProcessId"));
        Assert.Equal(expected, _session.GetObjects($"Measure-ProcessUss -ProcessName {names} -ProcPath $tree -AllowSavedTree").GetColumn<int>("ProcessId"));
        Assert.Equal(expected, _session.GetObjects($"Measure-ProcessUss {names} -ProcPath $tree -AllowSavedTree").GetColumn<int>("ProcessId"));
        Assert.Equal(expected.Length, _session.GetObjects($"Measure-KPageFlags -Name {names} -ProcPath $tree -AllowSavedTree").GetColumn<long>("PageCount").Sum());
    }

    [Theory]
    [InlineData("Get-ProcessPageMap")]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-KPageFlags")]
    [InlineData("Clear-SoftDirty -WhatIf")]
    public void UnknownNameDoesNotStopTheNextName(string command)
    {
        Outcome outcome = _session.Run($"{command} -Name nosuch, pwsh -ProcPath $tree -AllowSavedTree");

        Assert.Null(outcome.Termination);
        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal("NoProcessFoundForGivenName", error.GetErrorId());
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal("nosuch", error.TargetObject);
        Assert.Equal(command.StartsWith("Clear", StringComparison.Ordinal) ? 0 : 1, outcome.Output.Count);
    }

    [Fact]
    public void MeasureUssWithoutTargetMeasuresEveryProcess()
    {
        IReadOnlyList<PSObject> all = _session.GetObjects("Measure-ProcessUss -ProcPath $tree -AllowSavedTree");

        Assert.Equal([11, 12, 13, 14], all.GetColumn<int>("ProcessId"));
        Assert.Equal(["postgres", "postgres", "pwsh", "Web[1]"], all.GetColumn<string>("ProcessName"));
    }

    [Fact]
    public void MeasureUssOfAllSkipsUnreadableProcesses()
    {
        _tree.WriteText("15/comm", "kthread\n").WriteStatus(15, 'S', 2097152, "kthread");

        Outcome outcome = _session.Run("Measure-ProcessUss -ProcPath $tree -AllowSavedTree -Verbose");

        Assert.Equal([11, 12, 13, 14], outcome.Output.GetColumn<int>("ProcessId"));
        Assert.Empty(outcome.Errors);
        Assert.Contains(outcome.Verbose, message => message.Contains("15", StringComparison.Ordinal));
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }
}
