using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

/// <summary>
/// Checks which capability an error names as missing, on fake proc trees that the caller owns.
/// <see cref="Live.Callers.CallerChecks"/> covers live processes.
/// </summary>
[Trait("Tier", "Unit")]
public sealed class ProcessErrorsTests
{
    private const int Id = 7;
    private const int EPERM = 1;
    private const int EACCES = 13;

    [Theory]
    [InlineData("pagemap")]
    [InlineData("maps")]
    [InlineData("clear_refs")]
    public void ADenialDespiteAllCapabilitiesNamesNone(string file)
    {
        using FakeProc tree = new FakeProc().AddProcess(Id).WritePagemap(Id, 0, 1).WriteText("7/clear_refs", string.Empty);
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, file, EACCES);
        Assert.Equal((ProcfsError.ProcessAccessDenied, Id, null), (failure.Error, failure.ProcessId, failure.MissingCapability));
        Assert.DoesNotContain("lacks", failure.Message, StringComparison.Ordinal);
        Assert.Contains("security module", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pagemap")]
    [InlineData("maps")]
    public void TheErrorNamesCapSysPtraceAsMissingOnlyIfItIs(string file)
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", "x\n").WritePagemap(Id, 0, 1);
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, file, EACCES);
        Assert.Equal(OwnCapabilities.CanTraceOthers, failure.MissingCapability is null);
        Assert.Contains("CAP_SYS_PTRACE", failure.Message, StringComparison.Ordinal);
        Assert.Equal(OwnCapabilities.CanTraceOthers, failure.Message.Contains("The caller holds CAP_SYS_PTRACE", StringComparison.Ordinal));
    }

    [Fact]
    public void ClearRefsErrorsDoNotNameCapSysPtrace()
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", "x\n").WriteText("7/clear_refs", string.Empty);
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, "clear_refs", EACCES);
        Assert.DoesNotContain("CAP_SYS_PTRACE", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(23)]
    [InlineData(24)]
    public void ExhaustionIsNotAnExpectedFailure(int errno)
    {
        using FakeProc tree = new FakeProc().WriteStatus(Id, 'Z', 0);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessErrors.FromErrno(tree.Root, Id, "pagemap", errno));
        Assert.Equal((ProcfsError.ReadFailed, errno, Id, false), (failure.Error, failure.ErrorNumber, failure.ProcessId, failure.IsExpected));
    }

    [Theory]
    [InlineData(EPERM)]
    [InlineData(EACCES)]
    public void AnAbsentProcessIsReportedAsNotFound(int errno)
    {
        using FakeProc tree = new();
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, "pagemap", errno);
        Assert.Equal((ProcfsError.ProcessNotFound, Id), (failure.Error, failure.ProcessId));
    }
}
