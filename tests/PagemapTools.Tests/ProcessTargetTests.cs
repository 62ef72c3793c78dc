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

        Assert.Equal([target.ProcessId], session.GetObjects(FormatCommand("Get-ProcessPageMap", form)).GetColumn<int>("ProcessId").Distinct());
        Assert.Equal([target.ProcessId], session.GetObjects(FormatCommand("Measure-ProcessUss", form)).GetColumn<int>("ProcessId"));
        Assert.Equal([target.ProcessId], session.GetObjects(FormatCommand("Measure-ProcessUss", form) + " -ByMapping").GetColumn<int>("ProcessId").Distinct());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void MeasureKPageFlagsAcceptsEveryFormOfTarget(string form)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        long present = session.GetObjects("Get-ProcessPageMap -Id $id -Include Flags | Where-Object { $null -ne $_.Flags }").Count;
        Assert.Equal(present, session.GetObjects(FormatCommand("Measure-KPageFlags", form.Replace("-InputObject", "-Process", StringComparison.Ordinal))).GetColumn<long>("PageCount").Sum());
    }

    [Theory]
    [MemberData(nameof(Forms))]
    public void ClearSoftDirtyAcceptsEveryFormOfTarget(string form)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        ScreenHost screen = new();
        using Session session = CreateSession(target, screen);

        Assert.Empty(session.GetObjects(FormatCommand("Clear-SoftDirty", form) + " -WhatIf"));
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
        session["name"] = session.GetObjects("Measure-ProcessUss -Id $id").GetColumn<string>("ProcessName").Single();

        object?[] once = [.. session.GetObjects(command.Replace("$id, $id", "$id", StringComparison.Ordinal).Replace("$name, $name*", "$name", StringComparison.Ordinal)).Select(each => each.BaseObject)];
        Assert.NotEmpty(once);
        Assert.Equal(once, session.GetObjects(command).Select(each => each.BaseObject));
    }

    [Fact]
    public void ObjectUsedForItsIdMeasuresProcessOnceWithWarning()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);
        long pages = session.GetObjects("Measure-KPageFlags -Id $id").GetColumn<long>("PageCount").Sum();

        Outcome outcome = session.Run("Measure-ProcessUss -Id $id -ByMapping | Measure-KPageFlags");

        Assert.Equal(pages, outcome.Output.GetColumn<long>("PageCount").Sum());
        Assert.Single(outcome.Warnings, warning => warning.Contains("processed the whole process once", StringComparison.Ordinal));
    }

    [Fact]
    public void ProcPathRejectsProcessObjectsOfOwnProc()
    {
        using Session session = new();
        using FakeProc tree = new();
        tree.WriteEntries("kpageflags", 0, 0).WriteEntries("kpagecount", 0, 0);
        session["tree"] = tree.Path;
        session["process"] = Process.GetCurrentProcess();

        foreach (string command in (string[])["Get-ProcessPageMap", "Measure-ProcessUss", "Measure-KPageFlags", "Clear-SoftDirty"])
        {
            Assert.StartsWith("ProcessOfOwnProc,", session.GetTermination($"$process | {command} -ProcPath $tree -AllowSavedTree").FullyQualifiedErrorId, StringComparison.Ordinal);
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
            Assert.Equal(expected, session.GetObjects(FormatCommand("Measure-ProcessUss", form)).GetColumn<int>("ProcessId"));
            Assert.Equal(expected, RemoveRepeats(session.GetObjects(FormatCommand("Get-ProcessPageMap", form)).GetColumn<int>("ProcessId")));
        }
    }

    [Fact]
    public void CmdletOutputNamesProcessForAnotherCmdlet()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        using Session session = CreateSession(target);

        Assert.Equal([target.ProcessId], session.GetObjects("Measure-ProcessUss -Id $id | Get-ProcessPageMap -Exclusive").GetColumn<int>("ProcessId").Distinct());
        Assert.Equal([target.ProcessId], session.GetObjects("(Get-ProcessPageMap -Id $id)[0].Mapping | Measure-ProcessUss").GetColumn<int>("ProcessId"));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap")]
    [InlineData("Clear-SoftDirty")]
    public void IdRequiresAValue(string cmdlet)
    {
        using Session session = new();

        ErrorRecord error = session.GetTermination($"{cmdlet} -Id");
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
    }

    [Fact]
    public void CmdletRejectsIdTogetherWithName()
    {
        using Session session = new();

        Assert.Equal("AmbiguousParameterSet", session.GetTermination("Get-ProcessPageMap -Id 1 -Name init").GetErrorId());
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
