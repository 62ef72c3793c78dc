using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Which group alone holds each file without a name: the processes that map it or have it open are all in that group. Filled by one
/// thread; then safe to read from several.
/// </summary>
/// <param name="root">The proc tree.</param>
internal sealed class FileHolders(ProcRoot root)
{
    private readonly (ulong? IpcNamespace, IReadOnlySet<ulong> Ids) _destroyed = SystemVSegments.FindDestroyedOnDetach(root);
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
        foreach (Holding holding in holdings.Files)
        {
            if (holding.IsSegment)
            {
                Add(_segments, holding.Key, group, holding.Link);
            }
            else if (holding.Identity is { Links: 0 } file)
            {
                FileKey key = new(file.Device, file.Inode);
                Add(_files, key, group, holding.Link);
                if (key != holding.Key)
                {
                    _aliases.TryAdd(holding.Key, key);
                }
            }
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
        : key.IpcNamespace == _destroyed.IpcNamespace ? _destroyed.Ids.Contains(key.Inode)
        : _ipcNamespaces.GetValueOrDefault(key.IpcNamespace, HeldFile.Several) == group ? true
        : null;

    private static void Add(Dictionary<FileKey, HeldFile> files, FileKey key, int group, FileLink link)
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
