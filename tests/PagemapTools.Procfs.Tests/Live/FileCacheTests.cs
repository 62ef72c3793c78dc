using System.Diagnostics;
using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.FileCache;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The page cache of files, compared with what fincore says, and with what the tests put there.</summary>
[Trait("Tier", "Live")]
public sealed class FileCacheTests : IDisposable
{
    private const string Directories = "/var/tmp";
    private static readonly long s_page = Environment.SystemPageSize;

    private readonly string _tree = Directory.CreateDirectory($"{Directories}/pagemaptools-{Guid.NewGuid():n}").FullName;

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Theory]
    [InlineData(200)]
    [InlineData(20_000)]
    public void EveryFileOfATreeEqualsFincore(int files)
    {
        Require.Program("fincore");
        for (int i = 0; i < files; i++)
        {
            Create(i);
        }

        FileCacheInfo[] found = Measure(new FileCacheQuery { Recurse = true });

        Assert.Equal(files, found.Length);
        Dictionary<string, long> expected = ReadFincore(found.Select(file => file.Path));

        // The kernel may evict or read ahead between the two looks.
        FileCacheInfo[] different = [.. found.Where(file => file.Cached != expected[file.Path])];
        Dictionary<string, long> now = Measure(new FileCacheQuery { Recurse = true }).ToDictionary(file => file.Path, file => file.Cached);
        Assert.Empty(different.Where(file => now[file.Path] == file.Cached).Select(file => $"{file.Path}: {file.Cached}, fincore {expected[file.Path]}"));
        Assert.True(found.Sum(file => file.Cached) > 0);
    }

    [Fact]
    public void WrittenPagesAreDirtyUntilTheyAreOnTheDisk()
    {
        Require.That(HasCachestat(), "Cachestat", "cachestat came with Linux 6.5");
        string path = Path.Join(_tree, "dirty");
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite);
        file.Write(new byte[64 * s_page]);
        file.Flush();
        FileCacheInfo written = Assert.Single(Measure(new FileCacheQuery()));
        Require.That(new DriveInfo(Directories).DriveFormat is not ("tmpfs" or "overlay" or "ramfs"), "DiskFile", $"{Directories} is not on a disk");
        Assert.Equal((64 * s_page, 64 * s_page, 100.0), (written.Cached, written.Length, written.CachedPercent));
        Assert.InRange(written.Dirty!.Value + written.Writeback!.Value, 1, 64 * s_page);

        file.Flush(flushToDisk: true);

        FileCacheInfo synchronised = Assert.Single(Measure(new FileCacheQuery()));
        Assert.Equal((64 * s_page, 0L, 0L), (synchronised.Cached, synchronised.Dirty!.Value, synchronised.Writeback!.Value));
    }

    [Fact]
    public void TheUsersOfAFileAreFound()
    {
        string path = Path.Join(_tree, "used");
        File.WriteAllBytes(path, new byte[8 * s_page]);
        using FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);

        Assert.Null(Assert.Single(Measure(new FileCacheQuery())).MappedBy);
        FileCacheInfo held = Assert.Single(Measure(new FileCacheQuery { IncludeUsers = true }));
        Assert.Equal([Environment.ProcessId], held.HeldBy);
        Assert.Empty(held.MappedBy!);
        Require.MapFiles();
        using OwnPages pages = OwnPages.MapShared(path, 8);
        Assert.Equal([Environment.ProcessId], Assert.Single(Measure(new FileCacheQuery { IncludeUsers = true })).MappedBy);
    }

    [Fact]
    public void AnOpenFileWithoutANameIsMeasured()
    {
        string path = Path.Join(_tree, "deleted");
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
        file.Write(new byte[5 * s_page]);
        file.Flush();
        File.Delete(path);
        using ProcfsContext procfs = new();
        FileCacheInfo found = Assert.Single(new FileCacheMeter(procfs).MeasureOpenFiles(cancellationToken: TestContext.Current.CancellationToken), item => item.Path == path);
        Assert.Equal((true, 5 * s_page, 5 * s_page), (found.IsDeleted, found.Length, found.Cached));
        Assert.Contains(Environment.ProcessId, found.HeldBy!);
    }

    [Fact]
    public void AFileIsMeasuredThroughAnotherProcessIfTheFirstExits()
    {
        string path = Path.Join(_tree, "held");
        File.WriteAllBytes(path, new byte[3 * s_page]);
        using Process first = Hold(path);
        using Process second = Hold(path);
        Require.That(first.Id < second.Id, "AscendingProcessIds", "process ids began again");
        List<ProcfsException> failures = [];
        using ProcfsContext procfs = new();

        FileCacheQuery query = new() { NameFilter = EndTheFirst, OnFailure = failures.Add, Run = new TargetRunOptions { MaxParallel = 1 } };
        FileCacheInfo[] found = [.. new FileCacheMeter(procfs, query).MeasureOpenFiles(cancellationToken: TestContext.Current.CancellationToken)];
        second.Kill();

        Assert.True(first.HasExited);
        Assert.Empty(failures);
        Assert.Equal((path, 3 * s_page), (Assert.Single(found).Path, found[0].Length));
        Assert.Contains(second.Id, found[0].HeldBy!);

        bool EndTheFirst(string name)
        {
            if (name != "held")
            {
                return false;
            }

            first.Kill();
            return first.WaitForExit(10_000);
        }
    }

    [Fact]
    public void AFileOfSharedMemoryIsInThePageCache()
    {
        Require.That(Directory.Exists("/dev/shm"), "DevShm", "there is no /dev/shm");
        string path = $"/dev/shm/pagemaptools-{Guid.NewGuid():n}";
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete, 4096, FileOptions.DeleteOnClose);
        file.SetLength(100 * s_page);
        file.Position = 10 * s_page;
        file.Write(new byte[5 * s_page]);
        file.Flush();
        using ProcfsContext procfs = new();
        FileCacheInfo found = Assert.Single(new FileCacheMeter(procfs).Measure(path, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((100 * s_page, 5 * s_page), (found.Length, found.Cached + (found.Evicted ?? 0)));
    }

    private static Process Hold(string path)
    {
        ProcessStartInfo start = new("sh", ["-c", "exec 3<\"$0\"; echo; exec sleep 1000", path]) { UseShellExecute = false, RedirectStandardOutput = true };
        Process process = Process.Start(start)!;
        process.StandardOutput.ReadLine();
        return process;
    }

    private static bool HasCachestat() => TestSupport.Machine.Kernel >= new Version(6, 5);

    // From 1 byte to 280 KiB. Some files are read in part, some written, some not in the page cache. A read of a hole fills the page cache, too.
    private void Create(int number)
    {
        string directory = Path.Join(_tree, $"d{number / 50}");
        Directory.CreateDirectory(directory);
        int size = 1 + (int)(number * 2_654_435_761L % 143_360) * (number % 7 == 0 ? 2 : 1);
        using FileStream file = new(Path.Join(directory, $"f{number}"), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        file.SetLength(size);
        byte[] part = new byte[number % 3 == 0 ? 0 : size / (number % 3)];
        file.Position = number % 5 == 0 ? (size - part.Length) / 2 : 0;
        if (number % 10 == 0)
        {
            file.Write(part);
        }
        else
        {
            file.ReadExactly(part);
        }
    }

    private FileCacheInfo[] Measure(FileCacheQuery query)
    {
        using ProcfsContext procfs = new();
        return [.. new FileCacheMeter(procfs, query).Measure(_tree, cancellationToken: TestContext.Current.CancellationToken)];
    }

    private static Dictionary<string, long> ReadFincore(IEnumerable<string> paths) => paths.Chunk(1000)
        .SelectMany(chunk => Tool.ReadLines("fincore", ["--noheadings", "--raw", "--bytes", "--output", "RES,FILE", .. chunk]))
        .Select(line => line.Split(' ', 2))
        .ToDictionary(fields => fields[1], fields => long.Parse(fields[0], CultureInfo.InvariantCulture));
}
