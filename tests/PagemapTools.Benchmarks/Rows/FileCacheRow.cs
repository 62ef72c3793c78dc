using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;

namespace PagemapTools.Benchmarks.Rows;

/// <summary>A tree of 20,000 sparse files of mixed sizes, parts of which were read and written.</summary>
internal sealed class FileCacheRow : BudgetRow, IDisposable
{
    private const int FileCount = 20_000;
    private const int FilesPerDirectory = 22;

    private EmbeddedEngine _engine = null!;
    private string _vmtouch = string.Empty;
    private string? _tree;

    public override int Number => 15;

    public override string Work => "Measure-FileCache of a tree of 20,000 files";

    public override string Against => "vmtouch -q on it";

    public override Bound Bound => Bound.AtMost(0.7);

    public override void Prepare(Surroundings surroundings)
    {
        _vmtouch = Programs.Find("vmtouch", null) ?? throw new SkippedException("requires vmtouch (Debian: vmtouch)");
        _engine = surroundings.Engine;
        _tree = Directory.CreateDirectory($"/var/tmp/pagemaptools-{Guid.NewGuid():n}").FullName;
        long cached = 0;
        for (int i = 0; i < FileCount; i++)
        {
            cached += CreateFile(i);
        }

        double ours = _engine.Number($"$bytes = 0; foreach ($file in Measure-FileCache {_tree} -Recurse) {{ $bytes += $file.Cached }}; $bytes");
        Note($"{FileCount} files, at least {cached >> 20} MiB of them cached, Measure-FileCache {ours / (1 << 20):f0} MiB; one thread on both sides");
    }

    public override double MeasureOurs() => _engine.TimeToNull($"Measure-FileCache {_tree} -Recurse");

    public override double MeasureTheirs() => ChildProcess.TimeToNull(_vmtouch, ["-q", _tree!]);

    public void Dispose()
    {
        if (_tree is not null)
        {
            Directory.Delete(_tree, recursive: true);
        }
    }

    // From 1 byte to 280 KiB, 70 KiB on average. A read of a hole fills the page cache without a disk.
    private int CreateFile(int number)
    {
        string directory = Path.Join(_tree, $"d{number / FilesPerDirectory}");
        Directory.CreateDirectory(directory);
        int size = 1 + (int)(number * 2_654_435_761L % 143_360) * (number % 7 == 0 ? 2 : 1);
        using FileStream file = new(Path.Join(directory, $"f{number}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        file.SetLength(size);
        int part = number % 3 == 0 ? 0 : size / (number % 3);
        byte[] bytes = new byte[part];
        if (number % 10 == 0)
        {
            file.Write(bytes);
        }
        else
        {
            file.ReadExactly(bytes);
        }

        return part;
    }
}
