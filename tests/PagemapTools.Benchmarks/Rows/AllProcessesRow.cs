using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Benchmarks.Rows;

/// <summary>The processes of this machine, filled up to 128 with children of the Python program.</summary>
internal sealed class AllProcessesRow : BudgetRow, IDisposable
{
    private const int ProcessCount = 128;

    private readonly ProcRoot _root = new();
    private int[] _ids = [];
    private Psutil? _psutil;

    public override int Number => 10;

    public override string Work => "Uss, Pss, Rss, Swap of all of 128 processes";

    public override string Against => "psutil memory_full_info of each";

    public override Bound Bound => Bound.AtMost(0.6);

    public override string Aside => "on one thread";

    public override void Prepare(Surroundings surroundings)
    {
        int[] present = [.. _root.GetProcessIds().Where(IsReadable).Take(ProcessCount)];
        _psutil = new Psutil(ProcessCount - present.Length);
        _ids = [.. present, .. _psutil.Children];
        (_, int processes, long uss) = _psutil.Measure(_ids);
        ProcessUss[] ours = Measure(maxParallel: null);
        Note($"{ours.Length} processes with Uss {ours.Sum(each => each.Uss)}, psutil {processes} with {uss}; {Environment.ProcessorCount} threads, the peer one");
    }

    public override double MeasureOurs() => Time(maxParallel: null);

    public override double MeasureAside() => Time(maxParallel: 1);

    public override double MeasureTheirs() => _psutil!.Measure(_ids).Milliseconds;

    public void Dispose() => _psutil?.Dispose();

    private double Time(int? maxParallel)
    {
        long start = Stopwatch.GetTimestamp();
        Measure(maxParallel);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private ProcessUss[] Measure(int? maxParallel)
    {
        using ProcfsContext procfs = new(_root);
        UssMeter meter = new(procfs);
        return [.. TargetRun.ReadEach(_root, _ids, (id, token) => meter.Measure(id, threads: 1, cancellationToken: token), new TargetRunOptions { MaxParallel = maxParallel })
            .Where(result => result.Value is not null).Select(result => result.Value!)];
    }

    private bool IsReadable(int processId)
    {
        try
        {
            return !_root.IsKernelThread(processId) && new UssMeter(new ProcfsContext(_root)).Measure(processId).Uss is not null;
        }
        catch (ProcfsException)
        {
            return false;
        }
    }
}
