using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Anonymous memory of this process, some of its pages written.</summary>
internal sealed partial class OwnPages : IDisposable
{
    private const int ReadWrite = 3;
    private const int PrivateAnonymous = 0x22;
    private const int NoHugePages = 15;

    private OwnPages(int pages)
    {
        Length = (nuint)pages * (nuint)KernelFile.PageSize;
        Address = Map(0, Length, ReadWrite, PrivateAnonymous, -1, 0);
        Assert.NotEqual(-1, Address);
        _ = Advise(Address, Length, NoHugePages);
    }

    public ulong Start => (ulong)Address;

    public ulong End => Start + Length;

    private nint Address { get; }

    private nuint Length { get; }

    /// <summary>Pages 0, 2, 4, ... written, so many of them.</summary>
    public static OwnPages EverySecond(int count)
    {
        OwnPages pages = new(2 * count);
        for (int i = 0; i < count; i++)
        {
            pages.Write(2 * i);
        }

        return pages;
    }

    public static OwnPages Untouched(int count) => new(count);

    public void Write(int page) => Marshal.WriteByte(Address + (page * (nint)KernelFile.PageSize), 1);

    public void Dispose() => _ = Unmap(Address, Length);

    [LibraryImport("libc", EntryPoint = "mmap")]
    private static partial nint Map(nint address, nuint length, int protection, int flags, int file, long offset);

    [LibraryImport("libc", EntryPoint = "munmap")]
    private static partial int Unmap(nint address, nuint length);

    [LibraryImport("libc", EntryPoint = "madvise")]
    private static partial int Advise(nint address, nuint length, int advice);
}
