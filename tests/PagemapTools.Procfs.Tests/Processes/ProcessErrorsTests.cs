using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

/// <summary>Which right is named as missing, on made-up trees of the caller's own; the views of lesser rights look at the kernel's.</summary>
[Trait("Tier", "Unit")]
public sealed class ProcessDiagnosisTests
{
    private const int Id = 7;
    private const int EPERM = 1;
    private const int EACCES = 13;

    [Theory]
    [InlineData("pagemap")]
    [InlineData("maps")]
    [InlineData("clear_refs")]
    public void Where_the_caller_holds_all_that_is_asked_for_none_is_missing_and_something_else_refuses(string file)
    {
        using FakeProc tree = new FakeProc().Process(Id).Pagemap(Id, 0, 1).Text("7/clear_refs", string.Empty);
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, file, EACCES);
        Assert.Equal((ProcfsError.ProcessAccessDenied, Id, null), (failure.Error, failure.ProcessId, failure.MissingCapability));
        Assert.DoesNotContain("missing", failure.Message, StringComparison.Ordinal);
        Assert.Contains("security module", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pagemap")]
    [InlineData("maps")]
    public void The_right_to_trace_is_missing_only_to_who_does_not_hold_it(string file)
    {
        using FakeProc tree = new FakeProc().Text("7/comm", "x\n").Pagemap(Id, 0, 1);
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, file, EACCES);
        Assert.Equal(Rights.MayTraceOthers, failure.MissingCapability is null);
        Assert.Contains("CAP_SYS_PTRACE", failure.Message, StringComparison.Ordinal);
        Assert.Equal(Rights.MayTraceOthers, failure.Message.Contains("The caller holds CAP_SYS_PTRACE", StringComparison.Ordinal));
    }

    [Fact]
    public void The_right_to_trace_is_not_asked_for_where_bits_are_cleared()
    {
        using FakeProc tree = new FakeProc().Text("7/comm", "x\n").Text("7/clear_refs", string.Empty);
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, "clear_refs", EACCES);
        Assert.DoesNotContain("CAP_SYS_PTRACE", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(12)]
    [InlineData(23)]
    [InlineData(24)]
    public void ExhaustionIsNoneOfTheExpectedFailures(int errno)
    {
        using FakeProc tree = new FakeProc().Status(Id, 'Z', 0);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessErrors.FromErrno(tree.Root, Id, "pagemap", errno));
        Assert.Equal((ProcfsError.ReadFailed, errno, Id, false), (failure.Error, failure.ErrorNumber, failure.ProcessId, failure.IsExpected));
    }

    [Theory]
    [InlineData(EPERM)]
    [InlineData(EACCES)]
    public void A_process_whose_directory_is_not_there_is_not_said_to_be_refused(int errno)
    {
        using FakeProc tree = new();
        ProcfsException failure = ProcessErrors.FromErrno(tree.Root, Id, "pagemap", errno);
        Assert.Equal((ProcfsError.ReadFailed, errno), (failure.Error, failure.ErrorNumber));
    }
}
