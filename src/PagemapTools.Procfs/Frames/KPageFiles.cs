using System.Collections.Immutable;

namespace PagemapTools.Procfs.Frames;

/// <summary>The files that are indexed by page frame number, each opened when it is first needed. Safe to use from several threads.</summary>
public sealed class KPageFiles : IDisposable
{
    private readonly ProcRoot _root;
    private readonly string? _savedFlags;
    private readonly Dictionary<FrameProperties, PageIndexedFile> _files = [];
    private readonly Lazy<UntrackedSections> _untracked;
    private bool _isDisposed;

    internal KPageFiles(ProcRoot root, string? savedFlags = null)
    {
        _root = root;
        _savedFlags = savedFlags;
        _untracked = new(() => new UntrackedSections(TryGet(FrameProperties.Flags)), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The single properties that have a file, in the order of their bits.</summary>
    internal static ImmutableArray<FrameProperties> AllProperties { get; } = [FrameProperties.Flags, FrameProperties.MapCount, FrameProperties.Cgroup];

    /// <summary>The sections of memory that these files leave out.</summary>
    internal UntrackedSections UntrackedSections => _untracked.Value;

    /// <summary>Gets the file of one property. This object disposes it.</summary>
    /// <exception cref="ProcfsException">The caller may not read the file, or the kernel does not have it.</exception>
    /// <exception cref="ObjectDisposedException">The files were closed.</exception>
    public PageIndexedFile Get(FrameProperties property)
    {
        lock (_files)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_files.TryGetValue(property, out PageIndexedFile? file))
            {
                file = property == FrameProperties.Flags && _savedFlags is not null ? PageIndexedFile.Open(_savedFlags) : Open(property);
                _files.Add(property, file);
            }

            return file;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        lock (_files)
        {
            _isDisposed = true;
            foreach (PageIndexedFile file in _files.Values)
            {
                file.Dispose();
            }
        }
    }

    /// <summary>Gets the name of a property's file, below the proc tree.</summary>
    internal static string GetFileName(FrameProperties property) => property switch
    {
        FrameProperties.Flags => "kpageflags",
        FrameProperties.MapCount => "kpagecount",
        FrameProperties.Cgroup => "kpagecgroup",
        _ => throw new ArgumentOutOfRangeException(nameof(property), property, "Only a single property has a file."),
    };

    /// <summary>Gets the file of one property; null if the caller may not read it, or if the kernel does not have it.</summary>
    internal PageIndexedFile? TryGet(FrameProperties property)
    {
        try
        {
            return Get(property);
        }
        catch (ProcfsException failure) when (!failure.IsExhaustion)
        {
            return null;
        }
    }

    private PageIndexedFile Open(FrameProperties property)
    {
        string path = _root.GetPath(GetFileName(property));
        return PageIndexedFile.TryOpen(_root, path, out int errno) ?? throw CreateUnreadable(property, path, errno);
    }

    private static ProcfsException CreateUnreadable(FrameProperties property, string path, int errno)
    {
        if (errno is Errno.EACCES or Errno.EPERM)
        {
            const string Capability = "CAP_DAC_READ_SEARCH (only root may read the file)";
            return new ProcfsException(
                ProcfsError.KPageAccessDenied,
                $"'{path}' cannot be opened: {Errno.Describe(errno)}. The caller lacks {Capability}.",
                path,
                errorNumber: errno,
                missingCapability: Capability);
        }

        string option = property == FrameProperties.Cgroup ? "CONFIG_PROC_PAGE_MONITOR and CONFIG_MEMCG" : "CONFIG_PROC_PAGE_MONITOR";
        return errno == Errno.ENOENT
            ? new ProcfsException(
                ProcfsError.KPageNotAvailable,
                $"'{path}' does not exist: the kernel is built without {option}, or proc is not mounted there.",
                path,
                errorNumber: errno)
            : new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be opened: {Errno.Describe(errno)}.", path, errorNumber: errno);
    }
}
