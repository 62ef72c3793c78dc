using System.Diagnostics;
using System.Globalization;
using PagemapTools.Procfs.FileCache;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.MemoryUse;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>What memory is used for, compared with the kernel's own counters.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class MemoryUseTests
{
    private const long Precision = 512 * 1024;
    private const int Mebibytes = 48;

    [Fact]
    public void CgroupsEqualTheirMemoryStat()
    {
        Require.ReadableFile("/proc/kpageflags");
        Require.ReadableFile("/proc/kpagecgroup");
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        using TargetProcess target = TargetProcess.StartIn(cgroup, "anon", $"pages={(Mebibytes << 20) / Environment.SystemPageSize}", "written=all").Stop();
        Require.KnownMemory(target.Region);
        string file = $"/var/tmp/pagemaptools-{Guid.NewGuid():n}";
        string shmem = $"/dev/shm/pagemaptools-{Guid.NewGuid():n}";
        Require.That(Directory.Exists("/dev/shm"), "DevShm", "there is no /dev/shm");
        try
        {
            WriteIn(cgroup, file);
            WriteIn(cgroup, shmem);
            Stable.Until(() => (cgroup.Anonymous, cgroup.Files, cgroup.Shmem), expected =>
            {
                KPageCgroupSummary found = Measure(cgroup.Directory);
                Assert.Equal(cgroup.Directory, found.CgroupPath);
                AssertClose(expected.Anonymous, found.Anonymous);
                AssertClose(expected.Files, found.File);
                AssertClose(expected.Shmem, found.Shmem);
                Assert.InRange(found.Anonymous, Mebibytes << 20, long.MaxValue);
                Assert.InRange(found.File + found.Shmem, 2 * (Mebibytes << 20) - Precision, long.MaxValue);
            });
        }
        finally
        {
            File.Delete(file);
            File.Delete(shmem);
        }
    }

    [Fact]
    public void ACgroupWithThoseBelowItIsTheirSum()
    {
        Require.ReadableFile("/proc/kpageflags");
        Require.ReadableFile("/proc/kpagecgroup");
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        using MemoryCgroup below = cgroup.CreateBelow();
        using MemoryCgroup beside = cgroup.CreateBelow("below-beside"); // is not below the cgroup whose path its own begins with
        using TargetProcess target = TargetProcess.StartIn(below, "anon", "pages=4096", "written=all").Stop();
        using TargetProcess other = TargetProcess.StartIn(beside, "anon", "pages=4096", "written=all").Stop();
        Require.KnownMemory(target.Region);
        Require.KnownMemory(other.Region);
        using ProcfsContext procfs = new();
        KPageCgroupSummary[] each = [.. procfs.MeasureKPageCgroups(cancellationToken: TestContext.Current.CancellationToken)];
        long GetAnonymous(MemoryCgroup alone) => each.Where(item => item.CgroupPath == alone.Directory).Sum(item => item.Anonymous);

        Assert.InRange(GetAnonymous(below), 4096 * (long)Environment.SystemPageSize, long.MaxValue);
        AssertClose(GetAnonymous(below), Measure(below.Directory).Anonymous);
        AssertClose(GetAnonymous(cgroup) + GetAnonymous(below) + GetAnonymous(beside), Measure(cgroup.Directory).Anonymous);
    }

    [Fact]
    public void PagesOfARemovedCgroupBelongToTheOneAboveIt()
    {
        Require.PageFrames();
        Require.ReadableFile("/proc/kpagecgroup");
        using MemoryCgroup cgroup = MemoryCgroup.Create();
        string file = $"/var/tmp/pagemaptools-{Guid.NewGuid():n}";
        try
        {
            ulong removed;
            using (MemoryCgroup below = cgroup.CreateBelow())
            {
                WriteIn(below, file);
                removed = Inodes.Get(below.Directory);
            }

            Assert.False(Directory.Exists(Path.Join(cgroup.Directory, "below")));
            using ProcfsContext procfs = new();
            ulong pfn = procfs.ReadFilePages(file, cancellationToken: TestContext.Current.CancellationToken).First().Pfn;
            // rmdir returns before the kernel takes the cgroup out of use (kernel/cgroup/cgroup.c, css_killed_work_fn).
            Assert.True(SpinWait.SpinUntil(() => KernelFile.ReadWords("/proc/kpagecgroup", pfn, 1)[0] != removed, TimeSpan.FromMinutes(1)));
            FilePageInfo[] pages = [.. procfs.ReadFilePageMap(file, new FilePageQuery { Include = FrameProperties.Cgroup }, TestContext.Current.CancellationToken)];
            Assert.NotEmpty(pages);
            Assert.DoesNotContain(removed, pages.Select(page => page.CgroupInode!.Value));
            Assert.All(pages, page => Assert.Equal(cgroup.Directory, page.CgroupPath));
            AssertClose(pages.Length * (long)Environment.SystemPageSize, Measure(cgroup.Directory).File + Measure(cgroup.Directory).Shmem);
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void KindsAreNearMeminfo()
    {
        Require.ReadableFile("/proc/kpageflags");
        Dictionary<string, long> before = ReadMeminfo("/proc/meminfo", 0);
        Dictionary<PageUse, long> kinds = MeasureKinds();
        Dictionary<string, long> after = ReadMeminfo("/proc/meminfo", 0);
        long Get(PageUse use) => kinds.GetValueOrDefault(use);
        void AssertNear(long found, params string[] lines) => MemoryUseTests.AssertNear(found, GetUncertain(kinds), before, after, lines);

        AssertNear(Get(PageUse.Anonymous), "AnonPages");
        AssertNear(Get(PageUse.Free), "MemFree");
        AssertNear(Get(PageUse.SharedMemory), "Shmem");
        AssertNear(Get(PageUse.PageCache) + Get(PageUse.SharedMemory), "Cached", "Buffers");
        AssertSlab(Get(PageUse.Slab), GetUncertain(kinds), before, after);
        AssertNear(Get(PageUse.PageTable), "PageTables", "SecPageTables");
    }

    [Fact]
    public void NodesAreNearTheirMeminfo()
    {
        Require.ReadableFile("/proc/kpageflags");
        Require.That(Directory.Exists("/sys/devices/system/node/node0/memory0"), "MemoryBlocks", "the machine does not show the nodes of its memory");
        using ProcfsContext procfs = new();
        long uncertain = GetUncertain(MeasureKinds());
        int[] nodes = [.. Directory.GetDirectories("/sys/devices/system/node", "node*").Select(directory => int.Parse(Path.GetFileName(directory)[4..], CultureInfo.InvariantCulture))];
        Dictionary<int, Dictionary<string, long>> before = nodes.ToDictionary(node => node, ReadNode);
        KPageNodeSummary[] found = [.. procfs.MeasureKPageNodes(cancellationToken: TestContext.Current.CancellationToken).Where(node => node.Node is not null)];
        Assert.NotEmpty(found);
        foreach (KPageNodeSummary node in found)
        {
            Dictionary<string, long> after = ReadNode(node.Node!.Value);
            void AssertNear(long found, params string[] lines) => MemoryUseTests.AssertNear(found, uncertain, before[node.Node!.Value], after, lines);

            AssertNear(node.Free, "MemFree");
            AssertNear(node.Anonymous, "AnonPages");
            AssertNear(node.File + node.Shmem, "FilePages");
            AssertSlab(node.Slab, uncertain, before[node.Node!.Value], after);
            Assert.InRange(node.Bytes, after["MemTotal"] - uncertain, long.MaxValue);
        }
    }

    private static Dictionary<PageUse, long> MeasureKinds()
    {
        using ProcfsContext procfs = new();
        return procfs.MeasureKPageKinds(cancellationToken: TestContext.Current.CancellationToken).ToDictionary(kind => kind.Kind, kind => kind.Bytes);
    }

    // The kernel may not cover memory, and counts a page in the swap cache as anonymous only while it is mapped.
    private static long GetUncertain(Dictionary<PageUse, long> kinds) => kinds.GetValueOrDefault(PageUse.Unknown) + kinds.GetValueOrDefault(PageUse.SwapCache);

    private static Dictionary<string, long> ReadNode(int node) => ReadMeminfo($"/sys/devices/system/node/node{node}/meminfo", 2);

    // The lines of a node begin with two words more.
    private static Dictionary<string, long> ReadMeminfo(string path, int name) => File.ReadLines(path)
        .Select(line => line.Split((char[])[':', ' '], StringSplitOptions.RemoveEmptyEntries))
        .ToDictionary(words => words[name], words => long.Parse(words[name + 1], CultureInfo.InvariantCulture) * 1024);

    // Other programs run meanwhile, and page frames wait in batches of their processors.
    private static void AssertNear(long found, long uncertain, Dictionary<string, long> before, Dictionary<string, long> after, string[] lines)
    {
        long first = lines.Sum(line => before.GetValueOrDefault(line));
        long last = lines.Sum(line => after.GetValueOrDefault(line));
        long slack = (Math.Max(first, last) / 10) + (8 << 20) + uncertain;
        Assert.InRange(found, Math.Min(first, last) - slack, Math.Max(first, last) + slack);
    }

    // The kernel's line has large allocations, too, which are no slabs (mm/slub.c, ___kmalloc_large_node).
    private static void AssertSlab(long found, long uncertain, Dictionary<string, long> before, Dictionary<string, long> after) =>
        Assert.InRange(found, (Math.Min(before["Slab"], after["Slab"]) / 2) - uncertain, (Math.Max(before["Slab"], after["Slab"]) * 11 / 10) + (8 << 20));

    private static KPageCgroupSummary Measure(string directory)
    {
        using ProcfsContext procfs = new();
        return Assert.Single(procfs.MeasureKPageCgroups([procfs.Cgroups.GetInode(directory)!.Value], cancellationToken: TestContext.Current.CancellationToken));
    }

    private static void AssertClose(long expected, long actual)
    {
        long slack = Math.Max(expected / 100, Precision);
        Assert.InRange(actual, expected - slack, expected + slack);
    }

    private static void WriteIn(MemoryCgroup cgroup, string path)
    {
        string command = $"echo $$ > {cgroup.ProcessesFile} && exec dd if=/dev/zero of={path} bs=1048576 count={Mebibytes} 2>/dev/null";
        using Process process = Process.Start("/bin/sh", ["-c", command]);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }
}
