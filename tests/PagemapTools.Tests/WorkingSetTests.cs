using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Measure-ProcessWorkingSet in an engine.</summary>
[Trait("Tier", "Live")]
public sealed class WorkingSetTests
{
    [Fact]
    public void WhatIfDescribesTheMethodAndMeasuresNothing()
    {
        using TargetProcess target = TargetProcess.Start("anon");
        ScreenHost screen = new();
        using Session session = new(screen);
        session["id"] = target.ProcessId;
        Assert.Empty(session.GetObjects("Measure-ProcessWorkingSet -Id $id -WhatIf; Measure-ProcessWorkingSet -Id $id -Method Idle -WhatIf; Measure-ProcessWorkingSet -Id $id -Method SoftDirty -WhatIf"));
        Assert.Equal(3, screen.Lines.Count);
        Assert.All(screen.Lines, line => Assert.Contains($"process {target.ProcessId}", line));
        Assert.Equal([true, true, true], screen.Lines.Zip(["referenced bits", "idle", "soft-dirty"], (line, words) => line.Contains(words, StringComparison.Ordinal)));
    }

    [Fact]
    public void WithoutATargetNothingIsMeasured()
    {
        using Session session = new();
        Assert.Equal("NoProcesses", session.GetTermination("Measure-ProcessWorkingSet").GetErrorId());
        Assert.Equal("NoProcesses", session.GetTermination("Measure-ProcessWorkingSet -Method SoftDirty").GetErrorId());
    }

    [Fact]
    public void AMethodThatTheKernelLacksEndsTheCommand()
    {
        Require.That(!File.Exists("/sys/kernel/mm/page_idle/bitmap"), "NoIdleBitmap", "this kernel has an idle bitmap");
        Require.PageFrames();
        using Session session = new();
        ErrorRecord error = session.GetTermination("Measure-ProcessWorkingSet -Id $PID -Method Idle");
        Assert.Equal("WorkingSetMethodNotSupported", error.GetErrorId());
        Assert.Equal(ErrorCategory.NotImplemented, error.CategoryInfo.Category);
        Assert.Contains("CONFIG_IDLE_PAGE_TRACKING", error.Exception.Message);
    }

    [Fact]
    public void SamplesOfWrittenMemoryHaveChangesAndFailuresDoNotStopThem()
    {
        Require.SoftDirty();
        using TargetProcess target = TargetProcess.Start("working-set", "size=32MiB", "hot=4MiB");
        using Session session = new();
        session["id"] = target.ProcessId;
        session["missing"] = Machine.MissingProcess;
        Outcome outcome = session.Run("Measure-ProcessWorkingSet -Id $id, $missing -Method SoftDirty -Interval 0.2 -SampleInterval 0.2 -MaxSamples 2");
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
        Assert.Equal(2, outcome.Output.Count);
        Assert.All(outcome.Output, sample => Assert.InRange(sample.Get<long>("Written"), 4L << 20, 16L << 20));
        Assert.Null(outcome.Output[0].Get<long?>("WrittenDelta"));
        Assert.NotNull(outcome.Output[1].Get<long?>("WrittenDelta"));
        Assert.Null(outcome.Output[0].Get<long?>("Referenced"));
    }
}
