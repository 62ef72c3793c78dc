using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Uss;

/// <summary>Samples processes of fake proc trees, whose figures change between the samples.</summary>
[Trait("Tier", "Unit")]
public sealed class UssSamplerTests : IDisposable
{
    private const int Id = 7;
    private static readonly DateTime s_time = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Local);

    private readonly FakeProc _tree = new();
    private readonly UssSampler _sampler = new();

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void TheFirstSampleHasNoChange()
    {
        ProcessUss first = Sample(s_time, startTime: 5, kibibytes: 100);
        Assert.Equal(s_time, first.Timestamp);
        Assert.Equal<(long?, long?, long?)>((null, null, null), (first.UssDelta, first.PageTablesDelta, first.HugetlbDelta));
        Assert.Equal(100 * 1024, first.Uss);
    }

    [Fact]
    public void EachSampleHasTheChangeSinceTheOneBefore()
    {
        Sample(s_time, startTime: 5, kibibytes: 100);
        ProcessUss second = Sample(s_time.AddSeconds(1), startTime: 5, kibibytes: 150);
        ProcessUss third = Sample(s_time.AddSeconds(2), startTime: 5, kibibytes: 120);
        Assert.Equal([50 * 1024, -30 * 1024], [second.UssDelta!.Value, third.UssDelta!.Value]);
        Assert.Equal([50 * 1024, -30 * 1024], [second.PageTablesDelta!.Value, third.PageTablesDelta!.Value]);
        Assert.Equal<(long?, long?, long?, long?)>((0, 0, 0, 0), (third.HugetlbDelta, third.SwapDelta, third.PssDelta, third.SharedDelta));
        Assert.Equal(s_time.AddSeconds(2), third.Timestamp);
    }

    [Fact]
    public void AnotherProcessWithTheSameIdBeginsAnew()
    {
        Sample(s_time, startTime: 5, kibibytes: 100);
        Assert.Null(Sample(s_time, startTime: 6, kibibytes: 150).UssDelta);
        Assert.Equal(1024, Sample(s_time, startTime: 6, kibibytes: 151).UssDelta);
    }

    [Fact]
    public void AProcessThatASampleMissesBeginsAnew()
    {
        Sample(s_time, startTime: 5, kibibytes: 100);
        _sampler.BeginSample(s_time);
        Assert.Null(Sample(s_time, startTime: 5, kibibytes: 150).UssDelta);
    }

    [Fact]
    public void MappingsAreComparedByAddressAndName()
    {
        MappingUss[] first = SampleMappings("00800000-00808000 rw-p 00000000 00:00 0 [heap]", 100);
        MappingUss[] grown = SampleMappings("00800000-00900000 rw-p 00000000 00:00 0 [heap]", 110);
        MappingUss[] other = SampleMappings("00800000-00900000 rw-p 00000000 00:00 0 [anon:other]", 120);
        Assert.Equal<long?>([null, 10 * 1024, null], [first[0].UssDelta, grown[0].UssDelta, other[0].UssDelta]);
    }

    private ProcessUss Sample(DateTime time, int startTime, int kibibytes)
    {
        _tree.AddProcess(Id, "00400000-00404000 r-xp 00000000 08:01 42 /usr/bin/made-up")
            .WriteText($"{Id}/stat", $"{Id} (made-up) S 1 1 1 0 -1 0{string.Concat(Enumerable.Repeat(" 0", 12))} {startTime}{string.Concat(Enumerable.Repeat(" 0", 30))}\n")
            .WriteText($"{Id}/status", $"VmPTE:\t{kibibytes} kB\n")
            .WriteText($"{Id}/smaps_rollup", $"Rss: {kibibytes} kB\nPss: 7 kB\nShared_Clean: 0 kB\nShared_Dirty: 0 kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: {kibibytes} kB\nSwap: 3 kB\n");
        _sampler.BeginSample(time);
        return _sampler.Add(new UssMeter(new ProcfsContext(_tree.Root)).Measure(Id, cancellationToken: TestContext.Current.CancellationToken));
    }

    private MappingUss[] SampleMappings(string line, int kibibytes)
    {
        _tree.AddProcess(Id, line).WriteText($"{Id}/smaps", $"{line}\nRss: {kibibytes} kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: {kibibytes} kB\n");
        _sampler.BeginSample(s_time);
        return [.. new UssMeter(new ProcfsContext(_tree.Root)).MeasureMappings(Id, cancellationToken: TestContext.Current.CancellationToken).Select(_sampler.Add).Cast<MappingUss>()];
    }
}
