using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>A process exits or calls execve while a cmdlet reads it. The cmdlet returns the pages read so far and writes an error.</summary>
[Trait("Tier", "Privileged")]
public sealed class ProcessExitTests
{
    private const ulong Address = 0x10000;

    [Theory]
    [InlineData("", false)]
    [InlineData("-AsRange", false)]
    [InlineData("-Include MapCount", true)]
    public void KilledProcessIsReportedAfterPagesReadSoFar(string options, bool needsRoot)
    {
        if (needsRoot)
        {
            Require.Root();
        }

        // Larger than everything that the cmdlet reads ahead.
        using TargetProcess victim = TargetProcess.StartInKnownMemory("exits-under-reader", "size=1GiB");
        using TargetProcess next = TargetProcess.StartInKnownMemory("anon");
        TargetRegion region = victim.Region;
        using Session session = CreateSession(victim, next);
        session["leave"] = (Action)victim.Kill;

        Outcome outcome = session.Run($"Get-ProcessPageMap -Id $ids {options} | ForEach-Object {{ if ($leave) {{ $leave.Invoke(); $leave = $null }}; $_ }}");

        AssertExited(outcome, region, next);
    }

    [Fact]
    public void ExecDuringWalkIsReportedAfterPagesReadSoFar()
    {
        using TargetProcess victim = TargetProcess.StartInKnownMemory("execs", "size=256MiB");
        using TargetProcess next = TargetProcess.StartInKnownMemory("anon");
        TargetRegion region = victim.Region;
        using Session session = CreateSession(victim, next);
        session["leave"] = (Action)(() => victim.Next());

        Outcome outcome = session.Run("Get-ProcessPageMap -Id $ids | ForEach-Object { if ($leave) { $leave.Invoke(); $leave = $null }; $_ }");

        AssertExited(outcome, region, next);
    }

    [Theory]
    [InlineData("Get-ProcessPageMap", 4)]
    [InlineData("Get-ProcessPageMap -IncludeUnpopulated", 4)]
    [InlineData("Get-ProcessPageMap -AsRange", 2)]
    [InlineData("Measure-ProcessUss", 0)]
    [InlineData("Measure-ProcessUss -Method MapCount", 0)]
    [InlineData("Measure-ProcessUss -ByMapping", 0)]
    [InlineData("Measure-KPageFlags", 1)]
    public void ShortPagemapIsReportedAsExitedProcess(string command, int outputs)
    {
        using FakeProc tree = new();
        ulong[] entries = [PagemapBits.PresentAt(1), PagemapBits.PresentAt(2), PagemapBits.PresentAt(4), PagemapBits.PresentAt(5)];
        ulong end = Address + (10 * Machine.PageSize);
        tree.AddProcess(7, Address, entries).WriteText("7/maps", $"{Address:x}-{end:x} rw-p 00000000 00:00 0 \n");
        tree.WriteEntries("kpageflags", 0, 0, 0, 0, 0, 0, 0).WriteEntries("kpagecount", 0, 0, 1, 1, 1, 1, 1);
        using Session session = new();
        session["tree"] = tree.Path;

        Outcome outcome = session.Run($"{command} -Id 7 -ProcPath $tree -AllowSavedTree");

        Assert.Null(outcome.Termination);
        AssertNotFound(Assert.Single(outcome.Errors), 7);
        Assert.Equal(outputs, outcome.Output.Count);
    }

    private static Session CreateSession(TargetProcess victim, TargetProcess next)
    {
        Session session = new();
        session["ids"] = new[] { victim.ProcessId, next.ProcessId };
        return session;
    }

    private static void AssertExited(Outcome outcome, TargetRegion region, TargetProcess next)
    {
        Assert.Null(outcome.Termination);
        AssertNotFound(Assert.Single(outcome.Errors), region.ProcessId);
        int[] ids = outcome.Output.GetColumn<int>("ProcessId");
        Assert.Equal([region.ProcessId, next.ProcessId], ids.Distinct());

        // The output has the pages read before the exit, in order, and not the end of the region.
        ulong[] addresses = [.. outcome.Output.Where((_, index) => ids[index] == region.ProcessId).Select(item => item.Get<ulong>("Address"))];
        Assert.Equal(addresses.Order(), addresses);
        Assert.DoesNotContain(addresses, address => address >= region.End - Machine.PageSize);
    }

    private static void AssertNotFound(ErrorRecord error, int processId)
    {
        Assert.Equal("NoProcessFoundForGivenId", error.GetErrorId());
        Assert.Equal(ErrorCategory.ObjectNotFound, error.CategoryInfo.Category);
        Assert.Equal(processId, error.TargetObject);
    }
}
