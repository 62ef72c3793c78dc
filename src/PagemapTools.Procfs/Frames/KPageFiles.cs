using System.Collections.Immutable;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Frames;

/// <summary>The files that are indexed by page frame number, each opened when it is first needed. Safe to use from several threads.</summary>
public sealed class KPageFiles : IDisposable
{
    private readonly ProcRoot _root;
    private readonly string? _savedFlags;
    private readonly Dictionary<FrameProperties, PageIndexedFile> _files = [];
    private readonly Lazy<UntrackedSections> _untracked;

    internal KPageFiles(ProcRoot root, string? savedFlags = null)
    {
        _root = root;
        _savedFlags = savedFlags;
        _untracked = new(() => new UntrackedSections(TryGet(FrameProperties.Flags)), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The properties: each has a file.</summary>
    internal static ImmutableArray<FrameProperties> AllFields { get; } = [FrameProperties.Flags, FrameProperties.MapCount, FrameProperties.Cgroup];

    /// <summary>The sections of memory that the kernel does not track in these files.</summary>
    internal UntrackedSections UntrackedSections => _untracked.Value;

    /// <summary>Gets the file of one property; it belongs to this set.</summary>
    /// <exception cref="ProcfsException">The caller may not read it, or this kernel has none.</exception>
    public PageIndexedFile Get(FrameProperties field)
    {
        lock (_files)
        {
            if (!_files.TryGetValue(field, out PageIndexedFile? file))
            {
                file = field == FrameProperties.Flags && _savedFlags is not null ? PageIndexedFile.Open(_savedFlags) : Open(field);
                _files.Add(field, file);
            }

            return file;
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        lock (_files)
        {
            foreach (PageIndexedFile file in _files.Values)
            {
                file.Dispose();
            }
        }
    }

    internal static string FileName(FrameProperties field) => field switch
    {
        FrameProperties.Flags => "kpageflags",
        FrameProperties.MapCount => "kpagecount",
        FrameProperties.Cgroup => "kpagecgroup",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "One property has one file."),
    };

    /// <summary>Gets the file of one property; null where the caller may not read it, or there is none.</summary>
    internal PageIndexedFile? TryGet(FrameProperties field)
    {
        try
        {
            return Get(field);
        }
        catch (ProcfsException failure) when (!failure.IsExhaustion)
        {
            return null;
        }
    }

    private PageIndexedFile Open(FrameProperties field)
    {
        string path = _root.GetPath(FileName(field));
        return PageIndexedFile.TryOpen(_root, path, out int errno) ?? throw CreateUnreadable(field, path, errno);
    }

    private static ProcfsException CreateUnreadable(FrameProperties field, string path, int errno)
    {
        if (errno is Errno.EACCES or Errno.EPERM)
        {
            const string Right = "root, or CAP_DAC_READ_SEARCH (the file is for root only)";
            return new ProcfsException(
                ProcfsError.KPageAccessDenied,
                $"'{path}' may not be read: {Errno.Describe(errno)}. What is missing is {Right}.",
                path,
                errorNumber: errno,
                missingCapability: Right);
        }

        string option = field == FrameProperties.Cgroup ? "CONFIG_PROC_PAGE_MONITOR and CONFIG_MEMCG" : "CONFIG_PROC_PAGE_MONITOR";
        return errno == Errno.ENOENT
            ? new ProcfsException(
                ProcfsError.KPageNotAvailable,
                $"There is no '{path}': this kernel is built without {option}, or proc is not mounted there.",
                path,
                errorNumber: errno)
            : new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be opened: {Errno.Describe(errno)}.", path, errorNumber: errno);
    }
}
