using System.Runtime.ExceptionServices;

namespace PagemapTools.Procfs.Core;

/// <summary>Runs the same work on several threads. If threads fail, throws the first of their exceptions, not an AggregateException.</summary>
internal static class ParallelRunner
{
    public static void Run(int threads, Action<int> work, CancellationToken cancellationToken)
    {
        if (threads == 1)
        {
            work(0);
            return;
        }

        try
        {
            Parallel.For(0, threads, new ParallelOptions { MaxDegreeOfParallelism = threads, TaskScheduler = TargetWatch.CurrentOrDefault, CancellationToken = cancellationToken }, work);
        }
        catch (AggregateException failures)
        {
            ExceptionDispatchInfo.Throw(failures.Flatten().InnerExceptions[0]);
        }
    }
}
