using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Sharing;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Compares each pair with a count of page frames that this test makes itself from /proc.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class ProcessSharingTests
{
    [Theory]
    [InlineData("fork")]
    [InlineData("memfd", "child=1")]
    [InlineData("posix-shm", "child=1")]
    [InlineData("sysv-shm", "child=1")]
    [InlineData("tmpfs-file", "child=1", "detached=1")]
    [InlineData("hugetlb-shared")]
    [InlineData("hugetlb-private")]
    [InlineData("ksm")]
    [InlineData("thp")]
    [InlineData("mapped-twice")]
    [InlineData("swapped")]
    [InlineData("anon-read")]
    [InlineData("huge-zero")]
    public void PairsEqualABruteForceCount(string kind, params string[] options)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory(kind, options).Stop();
        using TargetProcess other = TargetProcess.Start("anon").Stop();
        int[] ids = [target.ProcessId, .. target.Children, other.ProcessId];
        Stable.Until(() => CountPairs(ids), expected => Assert.Equal(expected, Format(Measure(ids))));
    }

    [Fact]
    public void WritesOfAChildEndSharing()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", "pages=512").Stop();
        int[] ids = [target.ProcessId, target.Children[0]];
        long before = Assert.Single(Measure(ids)).Anonymous;
        target.Next().Stop();
        long after = Assert.Single(Measure(ids)).Anonymous;
        Assert.InRange(before - after, 256L * Environment.SystemPageSize, 280L * Environment.SystemPageSize);
    }

    [Fact]
    public void SharedBytesOfAForkEqualThoseOfSmaps()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", "pages=512").Stop();
        Smaps region = Smaps.ReadMappings(target.Children[0]).Single(mapping => mapping.Start == target["child"].Start);
        long shared = Assert.Single(Measure([target.ProcessId, target.Children[0]])).Anonymous;
        Assert.Equal(512L * Environment.SystemPageSize, region["Shared_Dirty"]);
        Assert.True(shared >= region["Shared_Dirty"]);
    }

    /// <summary>What two processes map together is less than what each maps by what they share. Neither counts a page frame twice.</summary>
    [Theory]
    [InlineData("fork")]
    [InlineData("memfd", "child=1")]
    [InlineData("sysv-shm", "child=1")]
    [InlineData("file-shared", "child=1")]
    [InlineData("hugetlb-shared")]
    [InlineData("ksm")]
    public void PairsAgreeWithGroups(string kind, params string[] options)
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.StartInKnownMemory(kind, options).Stop();
        using TargetProcess other = TargetProcess.Start("anon").Stop();
        int[] ids = [target.ProcessId, .. target.Children, other.ProcessId];
        Stable.Until(
            () => ReadOverlaps(ids),
            expected => Assert.Equal(expected, string.Join('\n', Measure(ids).Select(pair => $"{pair.ProcessId} {pair.OtherProcessId} {pair.Shared - pair.Hugetlb} {pair.Hugetlb}"))));
    }

    /// <summary>Each page that the child writes is copied: the child has the copy alone, the parent the original.</summary>
    [Fact]
    public void ErosionAfterAForkAgreesWithPrivateDirty()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork", "pages=8192").Stop();
        int[] ids = [target.ProcessId, target.Children[0]];
        using ProcfsContext procfs = new(new("/proc"));
        SharingMeter meter = new(procfs);
        long[] dirtyBefore = [.. ids.Select(id => Smaps.ReadRollup(id)["Private_Dirty"])];
        SharingMeasurement before = meter.Measure(ids, cancellationToken: TestContext.Current.CancellationToken);

        target.Next().Stop();

        ProcessSharing pair = Assert.Single(meter.Measure(ids, cancellationToken: TestContext.Current.CancellationToken).EnumeratePairs(0, before));
        long copied = -pair.AnonymousDelta!.Value;
        Assert.InRange(copied, 4096L * Environment.SystemPageSize, 8192L * Environment.SystemPageSize);
        for (int i = 0; i < ids.Length; i++)
        {
            long dirty = Smaps.ReadRollup(ids[i])["Private_Dirty"] - dirtyBefore[i];
            Assert.InRange(dirty, copied * 95 / 100, copied * 105 / 100);
        }
    }

    [Fact]
    public void ErosionOfRedisAgreesWithPrivateDirty()
    {
        Require.PageFrames();
        using RedisServer redis = RedisServer.Start(megabytes: 500);
        int child = redis.BeginSave();
        int[] ids = [redis.ProcessId, child];
        using ProcfsContext procfs = new(new("/proc"));
        SharingMeter meter = new(procfs);
        (long[] dirtyBefore, SharingMeasurement before) = redis.MeasureStopped(
            child, () => (ids.Select(id => Smaps.ReadRollup(id)["Private_Dirty"]).ToArray(), meter.Measure(ids, cancellationToken: TestContext.Current.CancellationToken)));

        redis.Overwrite(megabytes: 200);

        (long[] dirty, SharingMeasurement after) = redis.MeasureStopped(
            child, () => (ids.Select(id => Smaps.ReadRollup(id)["Private_Dirty"]).ToArray(), meter.Measure(ids, cancellationToken: TestContext.Current.CancellationToken)));
        long copied = -Assert.Single(after.EnumeratePairs(0, before)).AnonymousDelta!.Value;
        Assert.InRange(copied, 100L << 20, 600L << 20);

        // What the server allocates anew is its own, too, so only the child's figure is all copies.
        Assert.InRange(dirty[1] - dirtyBefore[1], copied * 95 / 100, copied * 105 / 100);
        Assert.InRange(dirty[0] - dirtyBefore[0], copied * 95 / 100, long.MaxValue);
    }

    [Fact]
    public void AProcessThatDoesNotExistIsAFailureAndTheOthersAreMeasured()
    {
        Require.PageFrames();
        using TargetProcess target = TargetProcess.Start("fork").Stop();
        int[] ids = [target.ProcessId, target.Children[0], int.MaxValue];
        using ProcfsContext procfs = new(new("/proc"));
        SharingMeasurement measurement = new SharingMeter(procfs).Measure(ids, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal(int.MaxValue, Assert.Single(measurement.Failures).ProcessId);
        Assert.Single(measurement.EnumeratePairs());
    }

    private static string ReadOverlaps(int[] ids)
    {
        using ProcfsContext procfs = new(new("/proc"));
        return string.Join('\n', from id in ids.Order() from other in ids where other > id select Describe(id, other, Measure(id), Measure(other), Measure(id, other)));

        ProcessGroupUss Measure(params int[] members) => procfs.MeasureGroupUss(members, cancellationToken: TestContext.Current.CancellationToken).Uss!;

        static string Describe(int id, int other, ProcessGroupUss one, ProcessGroupUss two, ProcessGroupUss both) =>
            $"{id} {other} {one.Rss + two.Rss - both.Rss} {one.Hugetlb + two.Hugetlb - both.Hugetlb}";
    }

    private static string CountPairs(int[] ids) => string.Join(
        '\n', from id in ids.Order() from other in ids where other > id select $"{id} {other} {FrameSharing.Count(id, other)}");

    private static string Format(IEnumerable<ProcessSharing> pairs) => string.Join('\n', pairs.Select(pair =>
        $"{pair.ProcessId} {pair.OtherProcessId} {new FrameSharing($"{pair.Anonymous:n0}", $"{pair.File:n0}", $"{pair.Shmem:n0}", $"{pair.Hugetlb:n0}")}"));

    private static IEnumerable<ProcessSharing> Measure(int[] ids)
    {
        using ProcfsContext procfs = new(new("/proc"));
        SharingMeasurement measurement = new SharingMeter(procfs).Measure(ids, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Empty(measurement.Failures);
        return [.. measurement.EnumeratePairs()];
    }
}
