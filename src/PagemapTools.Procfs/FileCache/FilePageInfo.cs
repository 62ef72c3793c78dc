using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.FileCache;

/// <summary>A page of a file that is in the page cache.</summary>
public sealed class FilePageInfo : PageInfo
{
    internal FilePageInfo(string path, in PageValues values)
        : base(values)
    {
        Path = path;
    }

    /// <summary>The path of the file.</summary>
    public string Path { get; }

    /// <summary>The offset of the page in the file, in bytes.</summary>
    public ulong Offset => Values.Address;
}
