using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.FileCache;

/// <summary>
/// Reads the files of a path on a thread that can be left behind: the path may be on a file system whose server does not answer. Failures and
/// skipped mounts are reported by the thread that enumerates.
/// </summary>
internal static class FileTreeReading
{
    private readonly record struct Step<T>(T Item, ProcfsException? Failure = null, string? SkippedMount = null);

    /// <summary>Reads items from each file.</summary>
    /// <param name="procfs">The machine.</param>
    /// <param name="query">The files of a directory, and who is told of failures.</param>
    /// <param name="path">The path. A symbolic link is followed.</param>
    /// <param name="read">Returns the items of a file. The sequence is enumerated on another thread, while the file is open.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">The path does not answer, or a file cannot be read, and the query has nobody to report it to.</exception>
    public static IEnumerable<T> Read<T>(
        ProcfsContext procfs, FileTreeQuery query, string path, Func<OpenedFile, CancellationToken, IEnumerable<T>> read, CancellationToken cancellationToken)
    {
        using IEnumerator<Step<T>> steps = TargetRun.ReadSequence(new ReadTarget(path), token => Enumerate(procfs, query, path, read, token), query.Run, cancellationToken).GetEnumerator();
        ProcfsException? end;
        while (TryMoveNext(steps, out end))
        {
            if (steps.Current is { Failure: null, SkippedMount: null } step)
            {
                yield return step.Item;
            }
            else if (steps.Current.SkippedMount is { } mount)
            {
                query.OnSkippedMount?.Invoke(mount);
            }
            else
            {
                Report(query, steps.Current.Failure!);
            }
        }

        if (end is not null)
        {
            Report(query, end);
        }
    }

    private static IEnumerable<Step<T>> Enumerate<T>(
        ProcfsContext procfs, FileTreeQuery query, string path, Func<OpenedFile, CancellationToken, IEnumerable<T>> read, CancellationToken cancellationToken)
    {
        foreach (TreeStep step in new FileTree(procfs, query).Open(path, cancellationToken))
        {
            if (step.File is not { } file)
            {
                yield return new Step<T>(default!, step.Failure, step.SkippedMount);
                continue;
            }

            ProcfsException? failure;
            using IEnumerator<T> items = read(file, cancellationToken).GetEnumerator();
            while (TryMoveNext(items, out failure))
            {
                yield return new Step<T>(items.Current);
            }

            if (failure is not null)
            {
                yield return new Step<T>(default!, failure);
            }
        }
    }

    private static bool TryMoveNext<T>(IEnumerator<T> items, out ProcfsException? failure)
    {
        failure = null;
        try
        {
            return items.MoveNext();
        }
        catch (ProcfsException caught)
        {
            failure = caught;
            return false;
        }
    }

    private static void Report(FileTreeQuery query, ProcfsException failure)
    {
        if (query.OnFailure is null)
        {
            throw failure;
        }

        query.OnFailure(failure);
    }
}
