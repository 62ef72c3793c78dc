using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.TestSupport;

/// <summary>Memory that this process maps and touches.</summary>
internal sealed partial class OwnPages : IDisposable
{
    private const int ReadWrite = 3;
    private const int Shared = 1;
    private const int Private = 2;
    private const int PrivateAnonymous = 0x22;
    private const int NoHugePages = 15;

    private OwnPages(int pages, int flags, int file)
    {
        Length = (nuint)pages * (nuint)KernelFile.PageSize;
        Address = Map(0, Length, ReadWrite, flags, file, 0);
        Assert.NotEqual(-1, Address);
    }

    public ulong Start => (ulong)Address;

    public ulong End => Start + Length;

    private nint Address { get; }

    private nuint Length { get; }

    /// <summary>Maps private anonymous memory, untouched, without transparent huge pages.</summary>
    public static OwnPages MapAnonymous(int count)
    {
        OwnPages pages = new(count, PrivateAnonymous, -1);
        _ = Advise(pages.Address, pages.Length, NoHugePages);
        return pages;
    }

    /// <summary>Maps twice as many pages as the count, and writes every second one from page 0 on.</summary>
    public static OwnPages MapEverySecond(int count)
    {
        OwnPages pages = MapAnonymous(2 * count);
        for (int i = 0; i < count; i++)
        {
            pages.Write(2 * i);
        }

        return pages;
    }

    /// <summary>Maps the first pages of a file shared, and reads them.</summary>
    public static OwnPages MapShared(string path, int count)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        OwnPages pages = new(count, Shared, (int)file.DangerousGetHandle());
        pages.ReadAll();
        return pages;
    }

    /// <summary>Maps the first pages of an open file shared, untouched.</summary>
    public static OwnPages MapShared(SafeFileHandle file, int count) => new(count, Shared, (int)file.DangerousGetHandle());

    /// <summary>Maps the first pages of a file private, untouched.</summary>
    public static OwnPages MapPrivate(string path, int count)
    {
        using SafeFileHandle file = File.OpenHandle(path);
        return new OwnPages(count, Private, (int)file.DangerousGetHandle());
    }

    public void ReadAll()
    {
        for (nint offset = 0; offset < (nint)Length; offset += (nint)KernelFile.PageSize)
        {
            _ = Marshal.ReadByte(Address + offset);
        }
    }

    public void Write(int page) => Marshal.WriteByte(Address + (page * (nint)KernelFile.PageSize), 1);

    public void Dispose() => _ = Unmap(Address, Length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
