using System.Management.Automation;

namespace PagemapTools.Tests;

[Trait("Tier", "Live")]
public sealed class SoftDirtyTests
{
    [Theory]
    [InlineData("Clear-SoftDirty -Id $PID")]
    [InlineData("Clear-SoftDirty -Id $PID -PassThru")]
    [InlineData("$PID | Clear-SoftDirty")]
    [InlineData("Clear-SoftDirty -Name dotnet, pwsh, PagemapTools*")]
    [InlineData("Get-ProcessPageMap -Id $PID -SoftDirty")]
    public void KernelWithoutSoftDirtyIsRefused(string command)
    {
        Require.NoSoftDirty();
        using Session session = new();

        Outcome outcome = session.Run(command);

        Assert.NotNull(outcome.Termination);
        Assert.Equal("SoftDirtyNotSupported", outcome.Termination.GetErrorId());
        Assert.Equal(ErrorCategory.NotImplemented, outcome.Termination.CategoryInfo.Category);
        Assert.Equal(Machine.KernelRelease, outcome.Termination.TargetObject);
        Assert.Contains("CONFIG_MEM_SOFT_DIRTY", outcome.Termination.Exception.Message);
        Assert.Empty(outcome.Output);
    }

    [Fact]
    public void WhatIfDescribesTheClear()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("soft-dirty");
        ScreenHost screen = new();
        using Session session = new(screen);
        session["process"] = target.Process;

        Assert.Empty(session.GetObjects("$process | Clear-SoftDirty -WhatIf -PassThru"));

        string line = Assert.Single(screen.Lines);
        Assert.StartsWith("What if:", line);
        Assert.Contains(target.ProcessId.ToString(), line);
        Assert.Contains("soft-dirty", line);
    }

    [Fact]
    public void WhatIfReportsMissingProcess()
    {
        ScreenHost screen = new();
        using Session session = new(screen);
        session["id"] = Machine.MissingProcess;

        Outcome outcome = session.Run("Clear-SoftDirty -Id $id -WhatIf");

        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal("NoProcessFoundForGivenId", error.GetErrorId());
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal(Machine.MissingProcess, error.TargetObject);
        Assert.Empty(screen.Lines);
    }

    [Fact]
    public void OnlyPagesWrittenAfterClearAreSoftDirty()
    {
        Require.SoftDirty();
        using TargetProcess target = TargetProcess.StartInKnownMemory("soft-dirty");
        using Session session = new();
        session["id"] = target.ProcessId;
        session["range"] = target.Region.RangeText;
        const string SoftDirty = "Get-ProcessPageMap -Id $id -Address $range -SoftDirty";

        Assert.Equal(target.Region.PageCount, session.GetObjects(SoftDirty).Count);
        Assert.Empty(session.GetObjects("Clear-SoftDirty -Id $id"));
        Assert.Empty(session.GetObjects(SoftDirty));
        target.Next("3,17,40-43");

        Assert.Equal(target.Region.GetAddress(3), session.GetObjects(SoftDirty)[0].Get<ulong>("Address"));
        Assert.Equal(6, session.GetObjects(SoftDirty).Count);
        Assert.Equal(6, session.GetObjects("Get-ProcessPageMap -Id $id -Address $range | Where-Object IsSoftDirty").Count);
    }

    [Fact]
    public void PassThruReturnsTheProcess()
    {
        Require.SoftDirty();
        using TargetProcess target = TargetProcess.StartInKnownMemory("soft-dirty");
        using Session session = new();
        session["id"] = target.ProcessId;
        session["process"] = target.Process;

        Assert.Same(target.Process, session.GetObjects("$process | Clear-SoftDirty -PassThru").Single().BaseObject);
        Assert.Equal(target.ProcessId, session.GetObjects("Clear-SoftDirty -Id $id -PassThru").Single().Get<int>("Id"));
    }
}
