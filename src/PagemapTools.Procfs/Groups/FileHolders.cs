using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Which group alone holds each file without a name: the processes that map it or have it open are all in that group. Filled by one
/// thread; then safe to read from several.
/// </summary>
/// <param name="segments">The System V segments of the machine.</param>
internal sealed class FileHolders(SharedSegments segments)
{
    private readonly Dictionary<FileKey, HeldFile> _files = [];
    private readonly Dictionary<FileKey, HeldFile> _segments = [];
    private readonly Dictionary<FileKey, FileKey> _aliases = [];
    private readonly Dictionary<ulong, int> _ipcNamespaces = [];

    /// <summary>
    /// The number of processes whose mappings or descriptors could not be examined. They count as holders of nothing, so a file that only
    /// one group seems to hold may have another holder.
    /// </summary>
    public int UnexaminedCount { get; private set; }

    /// <summary>Adds what a process holds.</summary>
    /// <param name="group">Its group, or <see cref="HeldFile.Outside"/>.</param>
    /// <param name="holdings">Its holdings.</param>
    public void Add(int group, ProcessHoldings holdings)
    {
        UnexaminedCount += holdings.IsComplete ? 0 : 1;
        AddAll(_files, group, holdings.Files);
        AddAll(_segments, group, holdings.Segments);
        foreach ((FileKey shown, FileKey actual) in holdings.Aliases)
        {
            _aliases.TryAdd(shown, actual);
        }

        if (holdings.IpcNamespace is { } ipcNamespace)
        {
            _ipcNamespaces[ipcNamespace] = _ipcNamespaces.TryGetValue(ipcNamespace, out int holder) && holder != group ? HeldFile.Several : group;
        }
    }

    /// <summary>Gets the key by which the files of a mapping are held.</summary>
    public FileKey GetKey(MemoryMapping mapping, ulong ipcNamespace)
    {
        FileKey key = FileKey.From(mapping, ipcNamespace);
        return _aliases.GetValueOrDefault(key, key);
    }

    /// <summary>Whether a file goes when the processes of a group end; null if that is unknown.</summary>
    public bool? IsFreedWith(FileKey key, int group)
    {
        if (_files.TryGetValue(key, out HeldFile? file))
        {
            return file.Holder == group;
        }

        return _segments.TryGetValue(key, out HeldFile? segment) ? IsSegmentFreedWith(key, segment, group) : false;
    }

    /// <summary>Whether processes of other groups, or of none, hold a file without a name.</summary>
    public bool IsHeldOutside(FileKey key, int group) =>
        UnexaminedCount > 0 || (_files.TryGetValue(key, out HeldFile? file) && file.Holder != group) || (_segments.TryGetValue(key, out HeldFile? segment) && segment.Holder != group);

    /// <summary>Gets the files that go when the processes of a group end, or that may go, with a link of proc to each.</summary>
    public IEnumerable<(bool? IsFreed, FileLink Link)> GetFilesOf(int group) =>
        _files.Concat(_segments).Where(file => file.Value.Holder == group).Select(file => (IsFreedWith(file.Key, group), file.Value.Link));

    // The end of an IPC namespace destroys its segments (ipc/shm.c, shm_exit_ns). Those of another namespace that lives on may be marked
    // for destruction or not; only a process in that namespace can see it.
    private bool? IsSegmentFreedWith(FileKey key, HeldFile segment, int group) =>
        segment.Holder != group ? false
        : key.IpcNamespace == segments.IpcNamespace ? segments.IsDestroyedOnDetach(key.Inode)
        : _ipcNamespaces.GetValueOrDefault(key.IpcNamespace, HeldFile.Several) == group ? true
        : null;

    private static void AddAll(Dictionary<FileKey, HeldFile> files, int group, IReadOnlyDictionary<FileKey, FileLink> held)
    {
        foreach ((FileKey key, FileLink link) in held)
        {
            if (!files.TryGetValue(key, out HeldFile? file))
            {
                files.Add(key, new HeldFile(link, group));
            }
            else if (file.Holder != group)
            {
                files[key] = file with { Holder = HeldFile.Several };
            }
        }
    }
}
