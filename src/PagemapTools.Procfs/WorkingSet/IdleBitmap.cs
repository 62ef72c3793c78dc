using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.WorkingSet;

/// <summary>
/// The idle bitmap: a bit for each page frame, 64 in a word (Documentation/admin-guide/mm/idle_page_tracking.rst). A bit that is written as 1
/// marks a page idle and clears its referenced bits; 0 changes nothing. A bit is read as 1 while the page is idle. Only pages on the lists
/// of reclaim have a bit, and of a folio only its head. Safe to use from several threads.
/// </summary>
internal sealed class IdleBitmap : IDisposable
{
    public const string DefaultPath = "/sys/kernel/mm/page_idle/bitmap";
    public const int FramesPerWord = 64;

    private readonly string _path;
    private readonly SafeFileHandle _writing;

    private IdleBitmap(string path, PageIndexedFile reading, SafeFileHandle writing)
    {
        _path = path;
        Words = reading;
        _writing = writing;
    }

    /// <summary>The words of the bitmap.</summary>
    public PageIndexedFile Words { get; }

    /// <summary>Opens the bitmap.</summary>
    /// <exception cref="ProcfsException">The kernel has no idle bitmap, or the caller may not write it.</exception>
    public static IdleBitmap Open(string path = DefaultPath)
    {
        SafeFileHandle writing = FileIO.OpenForWriting(path, out int errno);
        if (errno == 0)
        {
            return new IdleBitmap(path, PageIndexedFile.Open(path), writing);
        }

        writing.Dispose();
        throw CreateUnwritable(path, errno);
    }

    /// <summary>Marks page frames idle.</summary>
    /// <param name="pfns">The page frames in ascending order; one may occur several times.</param>
    public void Mark(ReadOnlySpan<ulong> pfns)
    {
        List<ulong> words = [];
        ulong first = 0;
        foreach (ulong pfn in pfns)
        {
            ulong index = pfn / FramesPerWord;
            if (words.Count == 0 || index > first + (ulong)words.Count)
            {
                Write(first, words);
                first = index;
            }

            if (index == first + (ulong)words.Count)
            {
                words.Add(0);
            }

            CollectionsMarshal.AsSpan(words)[^1] |= 1UL << (int)(pfn % FramesPerWord);
        }

        Write(first, words);
    }

    /// <summary>Closes the file.</summary>
    public void Dispose()
    {
        Words.Dispose();
        _writing.Dispose();
    }

    private void Write(ulong first, List<ulong> words)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(words));
        long offset = (long)first * sizeof(ulong);
        while (!bytes.IsEmpty)
        {
            // sysfs takes a page at a time (fs/kernfs/file.c).
            int count = FileIO.PWrite(_writing, bytes, offset, out int errno);
            if (count <= 0)
            {
                ThrowUnlessBeyondMemory(errno);
                break;
            }

            bytes = bytes[count..];
            offset += count;
        }

        words.Clear();
    }

    // ENXIO: a page frame beyond the end of memory, as that of a device (mm/page_idle.c, page_idle_bitmap_write).
    private void ThrowUnlessBeyondMemory(int errno)
    {
        if (errno is not (0 or Errno.ENXIO))
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"'{_path}' cannot be written: {Errno.Describe(errno)}.", _path, errorNumber: errno);
        }
    }

    private static ProcfsException CreateUnwritable(string path, int errno)
    {
        const string Capability = "CAP_DAC_OVERRIDE (only root may write the file)";
        return errno is Errno.EACCES or Errno.EPERM
            ? new ProcfsException(ProcfsError.KPageAccessDenied, $"'{path}' cannot be opened: {Errno.Describe(errno)}. The caller lacks {Capability}.", path, errorNumber: errno, missingCapability: Capability)
            : errno == Errno.ENOENT
            ? new ProcfsException(
                ProcfsError.WorkingSetMethodNotSupported, $"This kernel has no idle bitmap: '{path}' does not exist. It is built without CONFIG_IDLE_PAGE_TRACKING, or sysfs is not mounted.", path, errorNumber: errno)
            {
                KernelRelease = Uname.GetRelease(),
            }
            : new ProcfsException(ProcfsError.ReadFailed, $"'{path}' cannot be opened: {Errno.Describe(errno)}.", path, errorNumber: errno);
    }
}
