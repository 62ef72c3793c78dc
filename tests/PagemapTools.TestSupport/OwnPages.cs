using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.TestSupport;

/// <summary>Memory that this process maps, and whose pages it touches.</summary>
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

    /// <summary>Private memory that is not touched yet, and gets no transparent huge pages.</summary>
    public static OwnPages Anonymous(int count)
    {
        OwnPages pages = new(count, PrivateAnonymous, -1);
        _ = Advise(pages.Address, pages.Length, NoHugePages);
        return pages;
    }

    /// <summary>Pages 0, 2, 4, ... written, so many of them.</summary>
    public static OwnPages EverySecond(int count)
    {
        OwnPages pages = Anonymous(2 * count);
        for (int i = 0; i < count; i++)
        {
            pages.Write(2 * i);
        }

        return pages;
    }

    /// <summary>The first pages of a file, mapped shared and read.</summary>
    public static OwnPages MapShared(string path, int count)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        OwnPages pages = new(count, Shared, (int)file.DangerousGetHandle());
        pages.ReadAll();
        return pages;
    }

    /// <summary>The first pages of a file, mapped for this process alone and not touched.</summary>
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
