using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Rows;

internal sealed class WalkRow : BudgetRow
{
    // The size of the library's reads.
    private const int BufferBytes = 256 * 1024;

    private readonly byte[] _buffer = GC.AllocateArray<byte>(BufferBytes, pinned: true);
    private readonly ProcRoot _root = new();
    private TargetProcess _target = null!;

    public override int Number => 1;

    public override string Work => "walk 1 Mi resident pages, count states";

    public override string Against => "bare pread loop over the same bytes";

    public override Bound Bound => Bound.AtMost(1.15);

    private string Pagemap => $"/proc/{_target.ProcessId}/pagemap";

    public override void Prepare(Surroundings surroundings)
    {
        _target = NoteShortage(surroundings.Targets.Dense());
        long present = CountStates()[(int)PageState.Present];
        long read = ReadBare() / sizeof(ulong);
        if (present != _target.PageCount || read != _target.PageCount)
        {
            throw new BenchmarkException($"{_target.PageCount} pages are resident, {present} were counted, {read} were read");
        }
    }

    public override double MeasureOurs() => Timed(() => CountStates());

    public override double MeasureTheirs() => Timed(() => ReadBare());

    private static double Timed(Action work)
    {
        long start = Stopwatch.GetTimestamp();
        work();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private long[] CountStates()
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(_root, _target.ProcessId);
        using PageWalk walk = new(process, new PageWalkOptions { Addresses = [_target.Range] });
        long[] counts = new long[Enum.GetValues<PageState>().Length];
        SwapTypes types = process.SwapTypes;
        while (walk.MoveNext(CancellationToken.None))
        {
            foreach (ulong entry in walk.Entries)
            {
                counts[(int)new PagemapEntry(entry).GetState(types)]++;
            }
        }

        return counts;
    }

    private long ReadBare() => BareFile.ReadRange(Pagemap, GetEntryOffset(_target.Range.Start), GetEntryOffset(_target.Range.End), _buffer);

    private static long GetEntryOffset(ulong address) => (long)(address / PageGeometry.PageSize) * sizeof(ulong);
}
