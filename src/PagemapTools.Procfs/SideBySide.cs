using System.Runtime.ExceptionServices;

namespace PagemapTools.Procfs;

/// <summary>Runs the same work on several threads, and throws what one of them met as it is, not wrapped.</summary>
internal static class SideBySide
{
    public static void Run(int threads, Action<int> work, CancellationToken stop)
    {
        if (threads == 1)
        {
            work(0);
            return;
        }

        try
        {
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads, CancellationToken = stop }, work);
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.Flatten().InnerExceptions[0]);
        }
    }
}
