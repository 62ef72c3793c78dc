using System.Runtime.InteropServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Support;

/// <summary>A written page of the calling process, and its pagemap entry.</summary>
internal sealed class ProbePage : IDisposable
{
    public const string FileName = "self/pagemap";

    private readonly nint _address;

    // A saved tree has no entry for a page of the caller.
    private readonly PageIndexedFile? _pagemap;
    private readonly string? _failure;

    public ProbePage(ProcRoot root)
    {
        _address = MemoryMap.Map((nuint)PageGeometry.PageSize, MemoryMap.ProtectionRead | MemoryMap.ProtectionWrite, MemoryMap.MapPrivate | MemoryMap.MapAnonymous, null, 0);
        if (_address != 0)
        {
            Marshal.WriteByte(_address, 1);
        }

        try
        {
            Span<ulong> entry = stackalloc ulong[1];
            _pagemap = root.IsProcFileSystem ? PageIndexedFile.TryOpen(root, root.GetPath(FileName), out _) : null;
            Entry = _pagemap?.Read(PageGeometry.ToPageIndex((ulong)_address), entry) == 1 ? new PagemapEntry(entry[0]) : null;
        }
        catch (ProcfsException failure)
        {
            _failure = failure.Message;
        }
    }

    /// <summary>The entry of the page; null if it cannot be read.</summary>
    public PagemapEntry? Entry { get; }

    /// <summary>Whether there is no pagemap; false if the reading failed for another reason.</summary>
    public bool IsAbsent => Entry is null && _failure is null;

    /// <summary>Why there is no entry.</summary>
    public string WhyUnreadable => _failure ?? "the pagemap of the calling process cannot be read";

    /// <summary>Whether PAGEMAP_SCAN has the category.</summary>
    public bool Supports(PageCategories category)
    {
        Span<PageRegion> region = stackalloc PageRegion[1];
        return _pagemap is not null
            && new PagemapScan(_pagemap).Scan((ulong)_address, (ulong)_address + PageGeometry.PageSize, category, category, region, out _) >= 0;
    }

    public void Dispose()
    {
        _pagemap?.Dispose();
        if (_address != 0)
        {
            MemoryMap.Unmap(_address, (nuint)PageGeometry.PageSize);
        }
    }
}
