using System.Text;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses;

/// <summary>A file to map; the context removes it at the end.</summary>
internal sealed unsafe class BackingFile
{
    private const int OwnerReadWrite = 0x180; // 0600
    private const uint MemoryFileCloseOnExec = 1;
    private const uint MemoryFileHugetlb = 4;

    private readonly byte[] _path;

    private BackingFile(int fd, byte[] path)
    {
        Descriptor = fd;
        _path = path;
    }

    public int Descriptor { get; }

    /// <summary>The bytes of the path, without a NUL; a path need not be valid UTF-8.</summary>
    public ReadOnlySpan<byte> PathBytes => _path.AsSpan(0, _path.Length - 1);

    public static BackingFile Create(Context context, string path) => Create(context, Encoding.UTF8.GetBytes(path));

    public static BackingFile Create(Context context, byte[] path)
    {
        BackingFile file;
        byte[] terminated = [.. path, 0];
        fixed (byte* first = terminated)
        {
            int flags = Libc.OpenReadWrite | Libc.OpenCreate | Libc.OpenExclusive | Libc.OpenCloseOnExec;
            int fd = Libc.Open(first, flags, OwnerReadWrite).OrSkip($"open of {Encoding.UTF8.GetString(path)}");
            file = new BackingFile(fd, terminated);
        }

        context.OnExit(() =>
        {
            file.Unlink();
            _ = Libc.Close(file.Descriptor);
        });
        return file;
    }

    /// <summary>
    /// Creates a file in the directory dir=. The default is /var/tmp, which is more often on a disk than /tmp.
    /// overlay=1 mounts an overlay over it.
    /// </summary>
    public static BackingFile Create(Context context, Options options, string name)
    {
        string directory = options.GetText("dir", "/var/tmp");
        return Create(context, Path.Combine(options.GetFlag("overlay") ? Mount.AttachOverlay(context, directory).Directory : directory, MakeUniqueName(name)));
    }

    /// <summary>Opens a device node, which the context does not remove.</summary>
    public static BackingFile OpenDevice(Context context, string path)
    {
        fixed (byte* first = Encoding.UTF8.GetBytes(path + '\0'))
        {
            int fd = Libc.Open(first, Libc.OpenReadWrite | Libc.OpenCloseOnExec, 0).OrSkip($"open of {path}");
            context.OnExit(() => _ = Libc.Close(fd));
            return new BackingFile(fd, [0]);
        }
    }

    public static BackingFile CreateInMemory(Context context, string name, bool hugetlb = false)
    {
        uint flags = MemoryFileCloseOnExec | (hugetlb ? MemoryFileHugetlb : 0);
        fixed (byte* first = Encoding.UTF8.GetBytes(name + '\0'))
        {
            int fd = Libc.CreateMemoryFile(first, flags).OrSkip("memfd_create");
            context.OnExit(() => _ = Libc.Close(fd));
            return new BackingFile(fd, [0]);
        }
    }

    public static string MakeUniqueName(string name) => $"pagemaptools-test-{name}-{Environment.ProcessId}";

    public BackingFile Resize(long length)
    {
        Libc.Truncate(Descriptor, length).OrFail("ftruncate");
        return this;
    }

    public BackingFile Fill(int pageCount)
    {
        byte[] page = new byte[MappedRegion.PageSize];
        for (int index = 0; index < pageCount; index++)
        {
            Array.Fill(page, (byte)(index + 1));
            fixed (byte* first = page)
            {
                nint written = Libc.WriteAt(Descriptor, first, (nuint)page.Length, (long)index * page.Length).OrFail("pwrite");
                if (written != page.Length)
                {
                    throw new TestProcessException($"pwrite wrote {written} bytes of a page");
                }
            }
        }

        return this;
    }

    /// <summary>
    /// Drops the file from the page cache and turns readahead off, so that a later fault or read brings in only one
    /// page. A file system in the page cache (tmpfs, ramfs) drops nothing.
    /// </summary>
    public BackingFile Evict()
    {
        Libc.Synchronize(Descriptor).OrFail("fsync");
        _ = Libc.AdviseFile(Descriptor, 0, 0, Libc.FadviseDontNeed);
        _ = Libc.AdviseFile(Descriptor, 0, 0, Libc.FadviseRandom);
        return this;
    }

    /// <summary>Reads pages into the page cache without a page fault.</summary>
    public void ReadWithoutMapping(IEnumerable<int> pages)
    {
        foreach (int page in pages)
        {
            byte value;
            _ = Libc.ReadAt(Descriptor, &value, 1, (long)page * MappedRegion.PageSize).OrFail("pread");
        }
    }

    public void Unlink()
    {
        fixed (byte* first = _path)
        {
            _ = Libc.Unlink(first);
        }
    }
}
