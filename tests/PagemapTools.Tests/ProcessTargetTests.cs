using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>The forms in which a cmdlet accepts a process.</summary>
[Trait("Tier", "Privileged")]
public sealed class ProcessTargetTests
{
    public static TheoryData<string> Forms => new(
        "-Id $id",
        "-PID $id",
        "-ProcessId $id",
        "-Id $hex",
        "-Id @($id)",
        "-InputObject $process",
        "INPUT $id",
        "INPUT $hex",
        "INPUT $process",
        "INPUT $withId",
        "INPUT $withPid",
        "INPUT $withProcessId");

    [Theory]
    [MemberData(nameof(Forms))]
    public void CmdletsAcceptEveryFormOfTarget(string form)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        Assert.Equal([target.ProcessId], session.Objects(FormatCommand("Get-ProcessPageMap", form)).Column<int>("ProcessId").Distinct());
        Assert.Equal([target.ProcessId], session.Objects(FormatCommand("Measure-ProcessUss", form)).Column<int>("ProcessId"));
        Assert.Equal([target.ProcessId], session.Objects(FormatCommand("Measure-ProcessUss", form) + " -ByMapping").Column<int>("ProcessId").Distinct());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void MeasureKPageFlagsAcceptsEveryFormOfTarget(string form)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        long present = session.Objects("Get-ProcessPageMap -Id $id -Include Flags | Where-Object { $null -ne $_.Flags }").Count;
        Assert.Equal(present, session.Objects(FormatCommand("Measure-KPageFlags", form.Replace("-InputObject", "-Process", StringComparison.Ordinal))).Column<long>("PageCount").Sum());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ClearSoftDirtyAcceptsEveryFormOfTarget(string form)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        ScreenHost screen = new();
        using Session session = CreateSession(target, screen);

        Assert.Empty(session.Objects(FormatCommand("Clear-SoftDirty", form) + " -WhatIf"));
        Assert.Contains(target.ProcessId.ToString(), Assert.Single(screen.Lines));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id $id, $id | ForEach-Object Address")]
    [InlineData("Measure-ProcessUss -Id $id, $id | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -Name $name, $name* -ErrorAction Ignore | Where-Object ProcessId -EQ $id | ForEach-Object ProcessId")]
    [InlineData("$id, $id | Measure-ProcessUss -WarningAction Ignore | ForEach-Object ProcessId")]
    public void RepeatedTargetIsReadOnce(string command)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);
        session["name"] = session.Objects("Measure-ProcessUss -Id $id").Column<string>("ProcessName").Single();

        object?[] once = [.. session.Objects(command.Replace("$id, $id", "$id", StringComparison.Ordinal).Replace("$name, $name*", "$name", StringComparison.Ordinal)).Select(each => each.BaseObject)];
        Assert.NotEmpty(once);
        Assert.Equal(once, session.Objects(command).Select(each => each.BaseObject));
    }

    [Fact]
    public void ObjectUsedForItsIdMeasuresProcessOnceWithWarning()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);
        long pages = session.Objects("Measure-KPageFlags -Id $id").Column<long>("PageCount").Sum();

        Outcome outcome = session.Run("Measure-ProcessUss -Id $id -ByMapping | Measure-KPageFlags");

        Assert.Equal(pages, outcome.Output.Column<long>("PageCount").Sum());
        Assert.Single(outcome.Warnings, warning => warning.Contains("processed the whole process once", StringComparison.Ordinal));
    }

    [Fact]
    public void ProcPathRejectsProcessObjectsOfOwnProc()
    {
        using Session session = new();
        using FakeProc tree = new();
        tree.Entries("kpageflags", 0, 0).Entries("kpagecount", 0, 0);
        session["tree"] = tree.Path;
        session["process"] = Process.GetCurrentProcess();

        foreach (string command in (string[])["Get-ProcessPageMap", "Measure-ProcessUss", "Measure-KPageFlags", "Clear-SoftDirty"])
        {
            Assert.StartsWith("ProcessOfOwnProc,", session.Termination($"$process | {command} -ProcPath $tree -AllowSavedTree").FullyQualifiedErrorId, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void CmdletsReadTargetsInGivenOrder()
    {
        using TargetProcess first = TargetProcess.StartInKnownMemory("anon");
        using TargetProcess second = TargetProcess.StartInKnownMemory("anon");
        using Session session = new();
        session["ids"] = new[] { second.ProcessId, first.ProcessId };
        session["processes"] = new[] { second.Process, first.Process };
        int[] expected = [second.ProcessId, first.ProcessId];

        foreach (string form in (string[])["-Id $ids", "-InputObject $processes", "INPUT $ids", "INPUT $processes"])
        {
            Assert.Equal(expected, session.Objects(FormatCommand("Measure-ProcessUss", form)).Column<int>("ProcessId"));
            Assert.Equal(expected, RemoveRepeats(session.Objects(FormatCommand("Get-ProcessPageMap", form)).Column<int>("ProcessId")));
        }
    }

    [Fact]
    public void CmdletOutputNamesProcessForAnotherCmdlet()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        Assert.Equal([target.ProcessId], session.Objects("Measure-ProcessUss -Id $id | Get-ProcessPageMap -Exclusive").Column<int>("ProcessId").Distinct());
        Assert.Equal([target.ProcessId], session.Objects("(Get-ProcessPageMap -Id $id)[0].Mapping | Measure-ProcessUss").Column<int>("ProcessId"));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap")]
    [InlineData("Clear-SoftDirty")]
    public void IdRequiresAValue(string cmdlet)
    {
        using Session session = new();

        ErrorRecord error = session.Termination($"{cmdlet} -Id");
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
    }

    [Fact]
    public void CmdletRejectsIdTogetherWithName()
    {
        using Session session = new();

        Assert.Equal("AmbiguousParameterSet", session.Termination("Get-ProcessPageMap -Id 1 -Name init").Id());
    }

    private static Session CreateSession(TargetProcess target, ScreenHost? screen = null)
    {
        Session session = new(screen);
        session["id"] = target.ProcessId;
        session["hex"] = $"0x{target.ProcessId:x}";
        session["process"] = Process.GetProcessById(target.ProcessId);
        session["withId"] = CreateObject("Id", target.ProcessId);
        session["withPid"] = CreateObject("PID", target.ProcessId);
        session["withProcessId"] = CreateObject("ProcessId", target.ProcessId);
        return session;
    }

    private static PSObject CreateObject(string property, int value)
    {
        PSObject item = new();
        item.Properties.Add(new PSNoteProperty(property, value));
        return item;
    }

    private static string FormatCommand(string cmdlet, string form) =>
        form.StartsWith("INPUT ", StringComparison.Ordinal) ? $"{form[6..]} | {cmdlet}" : $"{cmdlet} {form}";

    private static int[] RemoveRepeats(int[] values) => [.. values.Where((value, index) => index == 0 || values[index - 1] != value)];
}
