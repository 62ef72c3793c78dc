using System.Collections.Immutable;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs;

/// <summary>The files that are indexed by page frame number, opened when they are first needed.</summary>
public sealed class KPageFiles : IDisposable
{
    private readonly ProcRoot _root;
    private readonly Dictionary<KPageFields, PageEntryFile> _files = [];

    private readonly string? _savedFlags;
    private BlindFrames? _blind;

    /// <summary>Creates the set; opens nothing yet.</summary>
    /// <param name="root">Where proc is.</param>
    /// <param name="savedFlags">A saved copy of kpageflags to read instead of the machine's; null for the machine's.</param>
    public KPageFiles(ProcRoot root, string? savedFlags = null)
    {
        _root = root;
        _savedFlags = savedFlags;
    }

    /// <summary>The fields: each has a file.</summary>
    internal static ImmutableArray<KPageFields> EachField { get; } = [KPageFields.Flags, KPageFields.MapCount, KPageFields.Cgroup];

    /// <summary>The file of one field.</summary>
    /// <exception cref="ProcfsException">The caller may not read it, or this kernel has none.</exception>
    public PageEntryFile Of(KPageFields field)
    {
        if (!_files.TryGetValue(field, out PageEntryFile? file))
        {
            file = field == KPageFields.Flags && _savedFlags is not null ? PageEntryFile.Open(_savedFlags) : OpenOfKernel(field);
            _files.Add(field, file);
        }

        return file;
    }

    /// <summary>The frames that none of them answers for.</summary>
    internal BlindFrames Blind => _blind ??= new BlindFrames(TryOf(KPageFields.Flags));

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (PageEntryFile file in _files.Values)
        {
            file.Dispose();
        }
    }

    internal static string NameOf(KPageFields field) => field switch
    {
        KPageFields.Flags => "kpageflags",
        KPageFields.MapCount => "kpagecount",
        KPageFields.Cgroup => "kpagecgroup",
        _ => throw new ArgumentOutOfRangeException(nameof(field), field, "One field has one file."),
    };

    /// <summary>The file of one field; null where the caller may not read it, or there is none.</summary>
    internal PageEntryFile? TryOf(KPageFields field)
    {
        try
        {
            return Of(field);
        }
        catch (ProcfsException)
        {
            return null;
        }
    }

    private PageEntryFile OpenOfKernel(KPageFields field)
    {
        string path = _root.PathOf(NameOf(field));
        return PageEntryFile.TryOpen(path, out int errno) ?? throw Unreadable(field, path, errno);
    }

    private static ProcfsException Unreadable(KPageFields field, string path, int errno)
    {
        if (errno is Errno.EACCES or Errno.EPERM)
        {
            const string Right = "root, or CAP_DAC_READ_SEARCH (the file is for root only)";
            return new ProcfsException(
                ProcfsError.KPageAccessDenied,
                $"'{path}' may not be read: {Errno.Describe(errno)}. What is missing is {Right}.",
                path,
                errorNumber: errno,
                missingRight: Right);
        }

        string option = field == KPageFields.Cgroup ? "CONFIG_PROC_PAGE_MONITOR and CONFIG_MEMCG" : "CONFIG_PROC_PAGE_MONITOR";
        return errno == Errno.ENOENT
            ? new ProcfsException(
                ProcfsError.KPageNotAvailable,
                $"There is no '{path}': this kernel is built without {option}, or proc is not mounted there.",
                path,
                errorNumber: errno)
            : new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be opened: {Errno.Describe(errno)}.", path, errorNumber: errno);
    }
}
