using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>Lists the shared memory of a machine.</summary>
public static class SharedMemoryReading
{
    /// <summary>
    /// Reads every object of shared memory: System V segments, files on tmpfs and hugetlbfs, memfds, shared anonymous memory. It combines
    /// what processes map and hold, /proc/sysvipc/shm of each IPC namespace, and the trees of tmpfs and hugetlbfs in each mount namespace.
    /// </summary>
    /// <remarks>
    /// No file is opened except directories on tmpfs and hugetlbfs and, if a swap area is active, regular files there. File systems whose
    /// server may not answer are not entered. The memory of the reading grows with the number of objects that processes map or hold.
    /// </remarks>
    /// <param name="procfs">The machine.</param>
    /// <param name="query">The kinds, and a call for what could not be seen; null for all.</param>
    /// <param name="progress">Receives the number of processes that have been read, on the calling thread.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">The proc tree cannot be listed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public static IEnumerable<SharedMemoryObject> ReadSharedMemory(
        this ProcfsContext procfs, SharedMemoryQuery? query = null, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        query ??= new SharedMemoryQuery();
        SharedMemoryReader reader = new(procfs, query.Run, cancellationToken);
        foreach (SharedMemoryObject item in reader.Read(progress))
        {
            if (query.Kinds.Count == 0 || query.Kinds.Contains(item.Kind))
            {
                yield return item;
            }
        }

        query.OnComplete?.Invoke(reader.Limits);
    }
}
