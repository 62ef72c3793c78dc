using System.Runtime.ExceptionServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>Reads the populated pages of processes as runs of those that are alike.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="includePfn">Whether the page frames of a run lie side by side, too.</param>
internal sealed class PageRunReader(ProcfsContext procfs, bool includePfn)
{
    /// <summary>Reads a process. Reading begins with the enumeration; a failure is thrown after the runs that were read before it.</summary>
    /// <exception cref="ProcfsException">The process does not exist, exits or has no address space, or the caller may not read it.</exception>
    public IEnumerable<PageRun> Read(int processId, CancellationToken cancellationToken)
    {
        using ProcessAddressSpace process = procfs.OpenTarget(processId, cancellationToken);
        using PageWalk walk = new(process, new PageWalkOptions());
        List<PageRun> runs = [];
        ProcfsException? failure;
        while (TryMoveNext(walk, out failure, cancellationToken))
        {
            AddRuns(walk, process.SwapTypes, runs);

            // The next pages may extend the last run.
            for (int i = 0; i < runs.Count - 1; i++)
            {
                yield return runs[i];
            }

            runs.RemoveRange(0, Math.Max(0, runs.Count - 1));
        }

        foreach (PageRun run in runs)
        {
            yield return run;
        }

        if (failure is not null)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    private static bool TryMoveNext(PageWalk walk, out ProcfsException? failure, CancellationToken cancellationToken)
    {
        failure = null;
        try
        {
            return walk.MoveNext(cancellationToken);
        }
        catch (ProcfsException exception)
        {
            failure = exception;
            return false;
        }
    }

    private void AddRuns(PageWalk walk, SwapTypes types, List<PageRun> runs)
    {
        ulong mapping = walk.Mapping.Start;
        ulong address = walk.Address;
        PageRun run = runs.Count > 0 ? runs[^1] : default;
        foreach (ulong word in walk.Entries)
        {
            PagemapEntry entry = new(word);
            PageState state = entry.GetState(types);
            if (IsContinuedBy(run, address, mapping, entry, state))
            {
                run.Count++;
            }
            else if (state != PageState.Unpopulated)
            {
                Replace(runs, run);
                run = new PageRun(address, 1, mapping, entry, state);
                runs.Add(run);
            }

            address += PageGeometry.PageSize;
        }

        Replace(runs, run);
    }

    private static void Replace(List<PageRun> runs, in PageRun last)
    {
        if (runs.Count > 0)
        {
            runs[^1] = last;
        }
    }

    private bool IsContinuedBy(in PageRun run, ulong address, ulong mapping, PagemapEntry entry, PageState state) =>
        address == run.Address + PageGeometry.ToAddress((ulong)run.Count)
        && mapping == run.MappingStart
        && state == run.State && state != PageState.Unpopulated
        && ((entry.Raw ^ run.Entry.Raw) & ~PagemapEntry.PfnMask) == 0
        && (!includePfn || state != PageState.Present || entry.RawPfn == (run.Entry.RawPfn == 0 ? 0 : run.Entry.RawPfn + (ulong)run.Count));
}
