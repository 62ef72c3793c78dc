using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>A cmdlet writes one error record for each process that it cannot read, and continues with the next target.</summary>
[Trait("Tier", "Privileged")]
public sealed class ProcessErrorTests
{
    public static TheoryData<string> Cmdlets => new(
        "Get-ProcessPageMap",
        "Get-ProcessPageMap -AsRange -Include MapCount",
        "Measure-ProcessUss",
        "Measure-ProcessUss -Method MapCount",
        "Measure-ProcessUss -ByMapping",
        "Measure-KPageFlags",
        "Clear-SoftDirty -PassThru");

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void MissingProcessIsReportedAsNotFound(string command) =>
        AssertRefused(command, Machine.MissingProcess, "NoProcessFoundForGivenId", ErrorCategory.ObjectNotFound);

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void KernelThreadIsReportedWithoutAddressSpace(string command)
    {
        ErrorRecord error = AssertRefused(command, Require.KernelThread(), "ProcessHasNoAddressSpace", ErrorCategory.InvalidOperation);
        Assert.Contains("kernel thread", error.Exception.Message);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void ZombieIsReportedWithoutAddressSpace(string command)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("zombie");

        ErrorRecord error = AssertRefused(command, target.Children[0], "ProcessHasNoAddressSpace", ErrorCategory.InvalidOperation);
        Assert.Contains("zombie", error.Exception.Message);
    }

    [Theory]
    [MemberData(nameof(Cmdlets))]
    public void EachPipedTargetGetsItsOwnError(string command)
    {
        RequireFor(command);
        using Session session = new();
        session["ids"] = new[] { Machine.MissingProcess, Machine.MissingProcess + 1, Machine.MissingProcess + 2 };

        Outcome outcome = session.Run($"$ids | {command}");

        Assert.Null(outcome.Termination);
        Assert.Equal(new object[] { Machine.MissingProcess, Machine.MissingProcess + 1, Machine.MissingProcess + 2 }, outcome.Errors.Select(error => error.TargetObject));
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("Get-ProcessPageMap")]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -ByMapping")]
    [InlineData("Measure-KPageFlags")]
    public void FailedProcessDoesNotStopTheNext(string command)
    {
        using FakeProc tree = new();
        tree.WriteEntries("kpageflags", 0, 0, 0).WriteEntries("kpagecount", 0, 0, 1);
        tree.AddProcess(7, 0x10 * Machine.PageSize, 0).WriteText("7/maps", "nonsense\n");
        tree.AddProcess(8, 0x10 * Machine.PageSize, 0);
        File.Delete(tree.GetPath("8/pagemap"));
        Directory.CreateDirectory(tree.GetPath("8/pagemap"));
        tree.AddProcess(9, 0x10 * Machine.PageSize, (1UL << 63) | 1);
        using Session session = new();
        session["tree"] = tree.Path;

        Outcome outcome = session.Run($"{command} -Id 0, 7, 8, 9 -ProcPath $tree -AllowSavedTree");

        Assert.Null(outcome.Termination);
        Assert.Equal(
            ["NoProcessFoundForGivenId 0", "PagemapReadFailed 7", "PagemapReadFailed 8"],
            outcome.Errors.Select(error => $"{error.GetErrorId()} {error.TargetObject}"));
        Assert.NotEmpty(outcome.Output);
    }

    [Fact]
    public void ErrorActionStopEndsPipelineAtFirstError()
    {
        using Session session = new();
        session["ids"] = new[] { Machine.MissingProcess, Environment.ProcessId };

        Outcome outcome = session.Run("Measure-ProcessUss -Id $ids -ErrorAction Stop");

        Assert.Equal("NoProcessFoundForGivenId", outcome.Termination!.GetErrorId());
        Assert.Empty(outcome.Output);
    }

    private static ErrorRecord AssertRefused(string command, int processId, string id, ErrorCategory category)
    {
        RequireFor(command);
        using TargetProcess good = TargetProcess.StartInKnownMemory("anon");
        using Session session = new();
        session["ids"] = new[] { processId, good.ProcessId };

        Outcome outcome = session.Run($"{command} -Id $ids");

        Assert.Null(outcome.Termination);
        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal(id, error.GetErrorId());
        Assert.Equal(category, error.CategoryInfo.Category);
        Assert.Equal(processId, error.TargetObject);
        Assert.Contains(processId.ToString(), error.Exception.Message);
        Assert.NotEmpty(outcome.Output);
        return error;
    }

    private static void RequireFor(string command)
    {
        if (command.Contains("Clear", StringComparison.Ordinal))
        {
            Require.SoftDirty();
        }
        else if (command.Contains("KPage", StringComparison.Ordinal) || command.Contains("MapCount", StringComparison.Ordinal))
        {
            Require.Root();
        }
    }
}
