using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Groups;

namespace PagemapTools.Procfs.Tests.Groups;

/// <summary>Kills groups, and compares what became free with what the library said. The kernel counts it in a memory cgroup of each group.</summary>
[Trait("Tier", "Privileged")]
public sealed class FreedOnExitTests
{
    private const int Pages = 4096;

    private const long Precision = 512 * 1024;

    // The runtime of the test process has a memfd of its own for the code that it compiles.
    private const long Runtime = 5 * 1024 * 1024;

    private static readonly long s_size = Pages * (long)KernelFile.PageSize;

    [Theory]
    [InlineData("memfd", 1)]
    [InlineData("memfd", 3)]
    [InlineData("memfd", 0)]
    [InlineData("unlinked", 1)]
    [InlineData("unlinked", 0)]
    [InlineData("anon", 1)]
    [InlineData("sysv-removed", 1)]
    public void SharedMemoryThatOnlyTheGroupHoldsIsFreed(string of, int mappings) => Kill(of, mappings, (group, before, after) =>
    {
        Assert.InRange(before.Shmem - after.Shmem, s_size, s_size + Runtime);
        Assert.InRange(group.FreedShmem!.Value, before.Shmem - after.Shmem - Precision, before.Shmem - after.Shmem + Precision);
        Assert.InRange(group.KeptShmem!.Value, 0, Precision);
        Assert.InRange(group.UssShmem!.Value, mappings == 0 ? 0 : s_size, (mappings == 0 ? 0 : s_size) + Runtime);
    });

    [Theory]
    [InlineData("named", 1)]
    [InlineData("sysv", 1)]
    public void SharedMemoryWithANameStays(string of, int mappings) => Kill(of, mappings, (group, before, after) =>
    {
        Assert.InRange(after.Shmem, s_size, s_size + Precision);
        Assert.InRange(group.KeptShmem!.Value, s_size, s_size + Precision);
        Assert.InRange(group.FreedShmem!.Value, before.Shmem - after.Shmem - Precision, before.Shmem - after.Shmem + Precision);
        Assert.InRange(group.FreedShmem.Value, 0, Runtime);
    });

    [Theory]
    [InlineData("memfd", 1)]
    [InlineData("memfd", 0)]
    [InlineData("unlinked", 1)]
    public void SharedMemoryThatAnotherProcessHasOpenStays(string of, int mappings)
    {
        SafeFileHandle? held = null;
        try
        {
            Kill(of, mappings, (group, before, after) =>
            {
                Assert.InRange(after.Shmem, s_size, s_size + Precision);
                Assert.InRange(group.KeptShmem!.Value, mappings == 0 ? 0 : s_size, (mappings == 0 ? 0 : s_size) + Precision);
                Assert.InRange(group.FreedShmem!.Value, before.Shmem - after.Shmem - Precision, before.Shmem - after.Shmem + Precision);
                Assert.InRange(group.FreedShmem.Value, 0, Runtime);
            }, target => held = File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/{target.ProcessId}/fd/{target.Region.Expect["fd"]}"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        }
        finally
        {
            held?.Dispose();
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(0)]
    public void ADeletedFileIsFreed(int mappings) => Kill("deleted", mappings, (group, before, after) =>
    {
        Require.That(before.Files >= s_size, "DiskFile", "the directory of test files is not on a disk");
        Assert.InRange(before.Files - after.Files, s_size, s_size + Precision);
        Assert.InRange(group.FreedDeletedFile!.Value, s_size, s_size + Precision);
    });

    [Fact]
    public void AFileWithANameStaysInThePageCache() => Kill("file", 1, (group, before, after) =>
    {
        Require.That(before.Files >= s_size, "DiskFile", "the directory of test files is not on a disk");
        Assert.InRange(after.Files, s_size, before.Files);
        Assert.True(group.UnmappedCache >= s_size);
        Assert.InRange(group.FreedDeletedFile!.Value, 0, Precision);
    });

    [Fact]
    public void AnonymousMemoryOfAFamilyIsFreedOnce()
    {
        Require.PageFrames();
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        using TargetProcess target = TargetProcess.StartIn(cgroup, "farm", "size=100MiB", "children=4", "private=10MiB").Stop();
        int[] all = [target.ProcessId, .. target.Children];
        ProcessGroupUss group = GroupFramesTests.Measure(all);
        long before = cgroup.Anonymous;
        Assert.InRange(before, 140 << 20, 220 << 20);
        Assert.InRange(group.FreedAnonymous!.Value, before - Precision, before + Precision);

        // The parent keeps what it shares with the children.
        ProcessGroupUss children = GroupFramesTests.Measure(target.Children);
        foreach (int child in target.Children)
        {
            Signals.Kill(child);
        }

        MemoryCgroup.WaitUntil(() => cgroup.Anonymous, before - children.FreedAnonymous!.Value + Precision);
        Assert.InRange(before - cgroup.Anonymous, children.FreedAnonymous.Value - Precision, children.FreedAnonymous.Value + Precision);
        target.Kill();
        MemoryCgroup.WaitUntil(() => cgroup.Anonymous, Precision);
        Assert.InRange(cgroup.Anonymous, 0, Precision);
    }

    private sealed record Charge(long Anonymous, long Shmem, long Files);

    private static void Kill(string of, int mappings, Action<ProcessGroupUss, Charge, Charge> check, Action<TargetProcess>? hold = null)
    {
        Require.PageFrames();
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        using TargetProcess target = TargetProcess.StartIn(
            cgroup, "held", $"of={of}", $"mappings={mappings}", $"pages={Pages}").Stop();
        try
        {
            hold?.Invoke(target);
            ProcessGroupUss group = GroupFramesTests.Measure([target.ProcessId]);
            Charge before = Read(cgroup);
            target.Kill();
            MemoryCgroup.WaitUntil(() => cgroup.Anonymous, Precision);
            Charge after = Read(cgroup);
            Assert.InRange(group.FreedAnonymous!.Value, before.Anonymous - after.Anonymous - Precision, before.Anonymous - after.Anonymous + Precision);
            check(group, before, after);
        }
        finally
        {
            Remove(target.Region);
        }
    }

    private static Charge Read(MemoryCgroup cgroup) => new(cgroup.Anonymous, cgroup.Shmem, cgroup.Files);

    private static void Remove(TargetRegion region)
    {
        if (region.Expect.TryGetValue("path", out string? path) && path.Length > 0)
        {
            File.Delete(path);
        }

        if (region.Expect.TryGetValue("segment", out string? segment))
        {
            using System.Diagnostics.Process ipcrm = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("ipcrm", ["-m", segment]) { RedirectStandardError = true, UseShellExecute = false })!;
            ipcrm.WaitForExit();
        }
    }
}
