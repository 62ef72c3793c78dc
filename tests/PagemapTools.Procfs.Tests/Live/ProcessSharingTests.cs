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
