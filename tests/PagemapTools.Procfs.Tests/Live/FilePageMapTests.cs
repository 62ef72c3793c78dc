using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.FileCache;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The pages of files and the page cache of unusual files, as root.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class FilePageMapTests : IDisposable
{
    private static readonly long s_page = Environment.SystemPageSize;

    // Flags that the kernel or another program changes while the pages lie still.
    private const KPageFlags Changing = KPageFlags.REFERENCED | KPageFlags.ACTIVE | KPageFlags.DIRTY | KPageFlags.WRITEBACK | KPageFlags.RECLAIM
        | KPageFlags.LOCKED | KPageFlags.IDLE | KPageFlags.LRU | KPageFlags.UNEVICTABLE;

    private readonly string _tree = Directory.CreateDirectory($"/var/tmp/pagemaptools-{Guid.NewGuid():n}").FullName;

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Fact]
    public void PagesAreThoseOfAMappingOfTheFile()
    {
        Require.PageFrames();
        string path = Write("file", (int)(300 * s_page) + 17);
        FilePageInfo[] pages = Read(path, FrameProperties.Flags | FrameProperties.MapCount);
        Assert.Equal(Enumerable.Range(0, 301).Select(page => (ulong)(page * s_page)), pages.Select(page => page.Offset));
        Assert.All(pages, page => Assert.Equal((path, 0UL), (page.Path, page.MapCount ?? 0)));
        using OwnPages own = OwnPages.MapShared(path, 301);
        ulong[] entries = KernelFile.ReadPagemap(Environment.ProcessId, own.Start, 301);
        Assert.Equal(entries.Select(entry => entry & PagemapBits.Frame), pages.Select(page => page.Pfn!.Value));
        Assert.All(Read(path, FrameProperties.MapCount), page => Assert.True(page.MapCount is null or 1));
        KPageFlags ignored = Changing | KPageFlags.MMAP;
        foreach (FilePageInfo page in pages.Where(page => page.Flags is not null))
        {
            Assert.Equal(KPageFlagsDecoder.DecodeWellKnown(Od.ReadWord("/proc/kpageflags", page.Pfn!.Value)!.Value) & ~ignored, page.Flags!.Value & ~ignored);
        }
    }

    [Fact]
    public void PagesEqualThoseOfPageTypes()
    {
        Require.PageFrames();
        Require.PageTypes();

        // page-types leaves out the last partial page of a file, so the file has none.
        string path = Write("file", (int)(500 * s_page));
        string[][] expected = [.. PageTypes.Run(["-f", path, "-L", "-N"]).Skip(1).Select(line => line.Split('\t')).Where(fields => fields.Length == 3)];
        FilePageInfo[] pages = Read(path, FrameProperties.Flags);
        Assert.Equal(500, pages.Length);
        Assert.Equal(
            expected.Select(fields => (ulong.Parse(fields[0], NumberStyles.AllowHexSpecifier) * (ulong)s_page, ulong.Parse(fields[1], NumberStyles.AllowHexSpecifier))),
            pages.Select(page => (page.Offset, page.Pfn!.Value)));
        string changing = PageTypes.Letters((ulong)Changing);
        Assert.Equal(
            expected.Select(fields => string.Concat(fields[2].Where(letter => letter != '_' && !changing.Contains(letter, StringComparison.Ordinal)))),
            pages.Select(page => string.Concat(KPageFlagsNames.FormatLetters(page.Flags!.Value).Where(letter => letter != '_' && !changing.Contains(letter, StringComparison.Ordinal)))));
    }

    [Fact]
    public void EveryFileOfATreeIsReadWhole()
    {
        Require.PageFrames();
        Write("a", (int)(20 * s_page) + 1);
        Write("below/b", (int)(30 * s_page) + 1);
        FilePageInfo[] pages = [.. Read(_tree, FrameProperties.None, recurse: true)];
        Assert.Equal([(Path.Join(_tree, "a"), 21), (Path.Join(_tree, "below/b"), 31)], pages.GroupBy(page => page.Path).Select(file => (file.Key, file.Count())).Order());
    }

    [Fact]
    public void FiltersSelectPages()
    {
        Require.PageFrames();
        string path = Write("file", (int)(50 * s_page));
        using ProcfsContext procfs = new();
        FilePageQuery query = new() { Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.ANON } } };
        Assert.Empty(procfs.ReadFilePageMap(path, query, TestContext.Current.CancellationToken));
        query = query with { Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.UPTODATE, NoneOf = KPageFlags.ANON } } };
        Assert.Equal(50, procfs.ReadFilePageMap(path, query, TestContext.Current.CancellationToken).Count());
    }

    [Fact]
    public void HoleAndUncachedPagesAreLeftOut()
    {
        Require.PageFrames();
        string path = Path.Join(_tree, "sparse");
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        file.SetLength(1L << 33);
        file.Position = (1L << 32) + s_page;
        file.Write(new byte[2 * s_page]);
        FilePageInfo[] pages = Read(path, FrameProperties.None);
        Assert.Contains((1UL << 32) + (ulong)s_page, pages.Select(page => page.Offset));
        Assert.Contains((1UL << 32) + (2 * (ulong)s_page), pages.Select(page => page.Offset));
        Assert.InRange(pages.Length, 2, 64); // the kernel may add the neighbours
    }

    [Fact]
    public void FilesOfOtherUsersAreMeasuredOrAnError()
    {
        Require.Nobody();
        string path = Write("file", (int)(10 * s_page));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.OtherRead);
        (FileCacheInfo? found, ProcfsException? failure) = UnprivilegedRunner.RunAsNobody(() => MeasureOnThisThread(path));

        // Linux 6.5 to 6.13 show the page cache of each file that can be opened. cachestat since 6.14, and mincore, ask for more.
        if (found is not null)
        {
            Assert.InRange(TestSupport.Machine.Kernel, new Version(6, 5), new Version(6, 13, int.MaxValue));
            Assert.Equal(10 * s_page, found.Cached);
        }
        else
        {
            Assert.Equal((ProcfsError.FileAccessDenied, path), (failure?.Error, failure?.Path));
            Assert.Contains("CAP_FOWNER", failure?.MissingCapability, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void HugetlbPagesOfAnOpenFileAreMeasuredByTheirBlocks()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start("hugetlb-shared").Stop();
        long size = long.Parse(target["parent"].Expect["huge-page-size"], CultureInfo.InvariantCulture);
        using ProcfsContext procfs = new();
        FileCacheInfo found = Assert.Single(
            new FileCacheMeter(procfs).MeasureOpenFiles(cancellationToken: TestContext.Current.CancellationToken),
            item => item.Method == FileCacheMethod.Blocks && (item.MappedBy!.Contains(target.ProcessId) || item.HeldBy!.Contains(target.ProcessId)));
        Assert.Equal((3 * size, (long?)null), (found.Cached, found.Dirty));
    }

    [Fact]
    public void AFileOnAnOverlayIsMeasuredByMincore()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start("file-shared", "overlay=1").Stop();
        string path = target.Region.Expect["path"];
        int cached = target.Region["read"].Union(target.Region["written"]).Count();
        using ProcfsContext procfs = new();
        FileCacheInfo found = Assert.Single(new FileCacheMeter(procfs).Measure(path, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(FileCacheMethod.Mincore, found.Method);
        Assert.InRange(found.Cached, cached * s_page, found.Length);
        Assert.Null(found.Dirty);
    }

    private string Write(string name, int length)
    {
        string path = Path.Join(_tree, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[length]);
        return path;
    }

    private static FilePageInfo[] Read(string path, FrameProperties include, bool recurse = false)
    {
        using ProcfsContext procfs = new();
        return [.. procfs.ReadFilePageMap(path, new FilePageQuery { Include = include, Files = new FileTreeQuery { Recurse = recurse } }, TestContext.Current.CancellationToken)];
    }

    // Another thread would not have the credentials of this one.
    private static (FileCacheInfo? Found, ProcfsException? Failure) MeasureOnThisThread(string path)
    {
        using ProcfsContext procfs = new();
        try
        {
            TreeStep step = default;
            FileCacheInfo? found = null;
            foreach (TreeStep each in new FileTree(procfs, new FileTreeQuery()).Open(path, CancellationToken.None))
            {
                step = each;
                found = each.File is { } file ? new FileProbe(procfs).Measure(file.Handle, file.Path, file.Details, CancellationToken.None) : found;
            }

            return (found, step.Failure);
        }
        catch (ProcfsException failure)
        {
            return (null, failure);
        }
    }
}
