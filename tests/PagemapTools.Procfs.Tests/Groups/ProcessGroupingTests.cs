using System.Diagnostics;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Groups;

[Trait("Tier", "Live")]
public sealed class ProcessGroupingTests
{
    [Fact]
    public void ProcessesAreGroupedByName()
    {
        using Process own = Process.GetCurrentProcess();
        using TargetProcess target = TargetProcess.Start("anon");
        using Process other = Process.GetProcessById(target.ProcessId);
        IReadOnlyList<ProcessGroup> groups = Group(ProcessGroupKey.Name, own.Id, other.Id, 1);
        Assert.Contains(groups, group => group.Name == own.ProcessName && group.ProcessIds.Contains(own.Id));
        Assert.Contains(groups, group => group.Name == other.ProcessName && group.ProcessIds.Contains(other.Id));
        Assert.Equal(3, groups.Sum(group => group.ProcessIds.Count));
    }

    [Fact]
    public void ProcessesAreGroupedByMemoryCgroup()
    {
        string[][] lines = [.. File.ReadLines("/proc/self/cgroup").Select(line => line.Split(':', 3))];
        string path = (lines.FirstOrDefault(line => line[1].Split(',').Contains("memory", StringComparer.Ordinal)) ?? lines.First(line => line[0] == "0"))[2];
        Assert.Equal(path, Assert.Single(Group(ProcessGroupKey.Cgroup, Environment.ProcessId)).Name);
    }

    [Fact]
    public void ProcessesAreGroupedByUser() => Assert.Equal(Environment.UserName, Assert.Single(Group(ProcessGroupKey.User, Environment.ProcessId)).Name);

    [Fact]
    public void KernelThreadsHaveNoName()
    {
        int thread = Require.KernelThread();
        Assert.Equal((null, thread), (Assert.Single(Group(ProcessGroupKey.Name, thread)).Name, Group(ProcessGroupKey.Name, thread)[0].ProcessIds[0]));
        using ProcfsContext procfs = new(new ProcRoot());
        Assert.DoesNotContain(procfs.GroupProcesses(ProcessGroupKey.Name, cancellationToken: TestContext.Current.CancellationToken), group => group.ProcessIds.Contains(thread));
    }

    [Fact]
    public void AUserWithoutANameIsANumber()
    {
        using FakeProc proc = new();
        proc.AddProcess(7).WriteText("7/status", "Name:\tmade-up\nUid:\t1\t987654321\t3\t4\n").WriteText("7/cgroup", "12:cpu,memory:/a b\n0::/c\n");
        using ProcfsContext procfs = new(new ProcRoot(proc.Path));
        Assert.Equal("987654321", Assert.Single(procfs.GroupProcesses(ProcessGroupKey.User, cancellationToken: TestContext.Current.CancellationToken)).Name);
        Assert.Equal("/a b", Assert.Single(procfs.GroupProcesses(ProcessGroupKey.Cgroup, cancellationToken: TestContext.Current.CancellationToken)).Name);
    }

    private static IReadOnlyList<ProcessGroup> Group(ProcessGroupKey key, params int[] processIds)
    {
        using ProcfsContext procfs = new(new ProcRoot());
        return procfs.GroupProcesses(key, processIds, cancellationToken: TestContext.Current.CancellationToken);
    }
}
