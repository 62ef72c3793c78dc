using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;

namespace PagemapTools.Benchmarks.Rows;

/// <summary>All page frames of the machine and the pages of all its processes, written and flushed to the disk.</summary>
internal sealed class SnapshotRow : BudgetRow, IDisposable
{
    private static readonly string[] s_files = ["/proc/kpageflags", "/proc/kpagecount", "/proc/kpagecgroup"];

    private readonly byte[] _buffer = GC.AllocateArray<byte>(256 * 1024, pinned: true);
    private readonly string _directory = Directory.CreateDirectory($"/var/tmp/pagemaptools-{Guid.NewGuid():n}").FullName;
    private EmbeddedEngine _engine = null!;
    private HostPagemaps _pagemaps = null!;

    public override int Number => 17;

    public override string Work => "Export-PageSnapshot of all page frames and pages";

    public override string Against => "bare loop that reads the same files";

    public override Bound Bound => Bound.AtMost(3);

    private string Script => $"Export-PageSnapshot {_directory} -Include Frames, Pages -WarningAction Ignore";

    public override void Prepare(Surroundings surroundings)
    {
        if (Array.Exists(s_files, file => !File.Exists(file)))
        {
            throw new SkippedException($"requires {string.Join(", ", s_files)}");
        }

        _engine = surroundings.Engine;
        _pagemaps = new HostPagemaps();
        long frames = s_files.Max(file => BareFile.ReadWhole(file, _buffer)) / sizeof(ulong);
        long bytes = _engine.Number($"({Script} -PassThru | Measure-Object Length -Sum).Sum");
        Note($"{frames} page frames, {_pagemaps.EntryCount} entries of {_pagemaps.ProcessCount} processes; {bytes} bytes in Parquet, {(double)bytes / frames:f2} for each page frame");
    }

    public override double MeasureOurs() => _engine.TimeToNull(Script);

    public override double MeasureTheirs()
    {
        long start = Stopwatch.GetTimestamp();
        foreach (string file in s_files)
        {
            BareFile.ReadWhole(file, _buffer);
        }

        _pagemaps.Read(_buffer);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public void Dispose() => Directory.Delete(_directory, recursive: true);
}
