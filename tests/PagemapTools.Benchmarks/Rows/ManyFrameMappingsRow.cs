using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.ReverseMap;
using PagemapTools.TestSupport;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class ManyFrameMappingsRow : BudgetRow
{
    private const int FrameCount = 1 << 20;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(256 * 1024, pinned: true);
    private FrameRange[] _frames = [];
    private HostPagemaps _host = null!;

    public override int Number => 13;

    public override string Work => "mappings of 1 Mi frames of that host, counted by a filter that drops them";

    public override string Against => "bare pread loop over all populated pagemap entries";

    public override Bound Bound => Bound.AtMost(1.6);

    public override void Prepare(Surroundings surroundings)
    {
        IReadOnlyList<Targets.TargetProcess> targets = surroundings.Targets.Host();
        _frames = [.. targets.Take(2).SelectMany(ReadFrames).Distinct().Take(FrameCount).Order().Select(pfn => new FrameRange(pfn, 1))];
        _host = new HostPagemaps();
        FrameMappingSummary summary = Find();
        Note($"{summary.MappingCount} mappings of {summary.FrameCount} frames, {summary.MissingMappingCount} missing; {_host.EntryCount} entries in {_host.ProcessCount} processes");
        foreach (Targets.TargetProcess target in targets)
        {
            NoteShortage(target);
        }
    }

    public override double MeasureOurs()
    {
        long start = Stopwatch.GetTimestamp();
        Find();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        _host.Read(_buffer);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>Finds the mappings; no present page passes the filter.</summary>
    private FrameMappingSummary Find()
    {
        FrameMappingSummary? summary = null;
        FrameMappingQuery query = new() { Entries = new EntryFilter { States = [PageState.Swapped] }, OnCompleted = result => summary = result };
        using ProcfsContext procfs = new();
        long returned = procfs.FindMappings(_frames, query).LongCount(page => page is FrameMapping);
        return returned == 0 ? summary! : throw new BenchmarkException($"{returned} mappings passed the filter");
    }

    private static IEnumerable<ulong> ReadFrames(Targets.TargetProcess target) =>
        KernelFile.ReadPagemap(target.ProcessId, target.Range.Start, (int)target.PageCount).Select(entry => entry & PagemapBits.Frame).Where(pfn => pfn != 0);
}
