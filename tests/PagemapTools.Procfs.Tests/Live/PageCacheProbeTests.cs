using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Probes the page cache for a file in shared memory, of which only pages 1 and 2 are written.</summary>
[Trait("Tier", "Privileged")]
public sealed partial class PageCacheProbeTests : IDisposable
{
    private const int Pages = 8;
    private const int KeepSize = 1;
    private static readonly int s_page = Environment.SystemPageSize;

    private readonly string _path = Path.Join("/dev/shm", Path.GetRandomFileName());
    private readonly MappedFile _file;

    public PageCacheProbeTests()
    {
        using SafeFileHandle created = File.OpenHandle(_path, FileMode.CreateNew, FileAccess.ReadWrite);
        RandomAccess.SetLength(created, Pages * s_page);
        RandomAccess.Write(created, new byte[2 * s_page], s_page);
        _file = MappedFile.FromHandle(File.OpenHandle(_path));
    }

    [Fact]
    public void TheOwnerSeesWhichPagesAreInThePageCache()
    {
        Assert.True(Classify(out PageState[] states));
        Assert.Equal(Enumerable.Range(0, Pages).Select(page => page is 1 or 2 ? PageState.NotMapped : PageState.Unpopulated), states);
    }

    /// <summary>FALLOC_FL_KEEP_SIZE allocates such pages. smaps counts them in swap; SEEK_DATA does not find them.</summary>
    [Fact]
    public void CachestatFindsPagesBeyondTheEndOfTheFile()
    {
        Require.That(_file.HasCachestat, "Cachestat", "there is no cachestat (Linux 6.5)");
        using (SafeFileHandle writable = File.OpenHandle(_path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            RandomAccess.SetLength(writable, 3 * s_page);
            Assert.Equal(0, Allocate(writable, KeepSize, 5 * s_page, s_page));
        }

        Assert.True(Classify(out PageState[] states));
        Assert.Equal(Enumerable.Range(0, Pages).Select(page => page is 1 or 2 or 5 ? PageState.NotMapped : PageState.Unpopulated), states);
    }

    /// <summary>cachestat refuses other users since Linux 6.14 (mm/filemap.c, can_do_cachestat). mincore reports every page as resident.</summary>
    [Fact]
    public void OtherUsersGetTheTruthOrNothing()
    {
        Require.Root();
        File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        PageState[] states = [];
        if (UnprivilegedRunner.RunAsNobody(() => Classify(out states)))
        {
            Assert.Equal(2, states.Count(state => state == PageState.NotMapped));
        }
        else
        {
            Assert.All(states, state => Assert.Equal(PageState.Unpopulated, state));
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        File.Delete(_path);
    }

    [LibraryImport("libc", EntryPoint = "fallocate")]
    private static partial int Allocate(SafeFileHandle file, int mode, long offset, long length);

    private bool Classify(out PageState[] states)
    {
        states = [.. Enumerable.Repeat(PageState.Unpopulated, Pages)];
        return PageCacheProbe.Classify(_file, 0, states, new byte[Pages], CallerCapabilities.Read(KernelRelease.Read(new ProcRoot())));
    }
}
