using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.FileCache;

/// <summary>
/// Measures how much of files is in the page cache, by cachestat (Linux 6.5) or mincore. No page is read from the disk or marked as accessed.
/// Not safe to use from several threads.
/// </summary>
/// <param name="procfs">The machine.</param>
/// <param name="query">The files of a directory, and what is found out about each; null for the defaults.</param>
/// <example><code>
/// using ProcfsContext procfs = new();
/// foreach (FileCacheInfo file in new FileCacheMeter(procfs, new FileCacheQuery { Recurse = true }).Measure("/srv"))
/// {
///     Console.WriteLine($"{file.Cached,12} of {file.Length,12} {file.Path}");
/// }
/// </code></example>
public sealed class FileCacheMeter(ProcfsContext procfs, FileCacheQuery? query = null)
{
    private readonly FileCacheQuery _query = query ?? new FileCacheQuery();
    private readonly FileProbe _probe = new(procfs);
    private FileUsers? _users;

    /// <summary>Measures a file, or the files of a directory. Reading begins with the enumeration.</summary>
    /// <param name="path">The path. A symbolic link is followed.</param>
    /// <param name="progress">Receives the number of processes read, if the users of files are requested; they are read once.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">
    /// Without <see cref="FileTreeQuery.OnFailure"/>: the path cannot be opened, does not answer, is neither a regular file nor a directory, or a
    /// file of it cannot be measured.
    /// </exception>
    public IEnumerable<FileCacheInfo> Measure(string path, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        if (_query.IncludeUsers && _users is null)
        {
            _users = FileUsers.Read(procfs, _query.Run, progress, cancellationToken);
            _query.OnProcessesRead?.Invoke(_users.Limits);
        }

        foreach (FileCacheInfo measured in FileTreeReading.Read(procfs, _query, path, Measure, cancellationToken))
        {
            yield return _users?.Complete(measured) ?? measured;
        }
    }

    /// <summary>Measures all regular files that processes map or hold open, in every mount namespace, with the processes that do. Each file is measured once.</summary>
    /// <param name="progress">Receives the number of processes read.</param>
    /// <param name="cancellationToken">Cancels the measurement.</param>
    /// <exception cref="ProcfsException">The processes cannot be listed.</exception>
    public IEnumerable<FileCacheInfo> MeasureOpenFiles(IProgress<int>? progress = null, CancellationToken cancellationToken = default) =>
        new OpenFileMeter(procfs, _query, _probe).Measure(progress, cancellationToken);

    private IEnumerable<FileCacheInfo> Measure(OpenedFile file, CancellationToken cancellationToken)
    {
        yield return _probe.Measure(file.Handle, file.Path, file.Details, cancellationToken);
    }
}
