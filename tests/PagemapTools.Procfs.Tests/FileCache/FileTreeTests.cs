using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.FileCache;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.FileCache;

/// <summary>Which files of a tree are measured, and what happens to the others.</summary>
[Trait("Tier", "Unit")]
public sealed class FileTreeTests : IDisposable
{
    private readonly string _tree = Directory.CreateTempSubdirectory("pagemaptools-tree-").FullName;
    private readonly List<ProcfsException> _failures = [];

    public void Dispose() => Directory.Delete(_tree, recursive: true);

    [Fact]
    public void OnlyTheFilesOfTheDirectoryAreMeasuredWithoutRecursion()
    {
        Write("a", 10);
        Write("below/b", 10);

        Assert.Equal(["a"], MeasureNames(new FileCacheQuery()));
        Assert.Equal(["a", "below/b"], MeasureNames(new FileCacheQuery { Recurse = true }));
        Assert.Empty(_failures);
    }

    [Fact]
    public void NoLinkIsFollowedAndNoFifoIsOpened()
    {
        Write("a", 10);
        File.CreateSymbolicLink(Path.Join(_tree, "link"), Path.Join(_tree, "a"));
        Directory.CreateSymbolicLink(Path.Join(_tree, "loop"), _tree);
        MakeFifo("fifo");

        Assert.Equal(["a"], MeasureNames(new FileCacheQuery { Recurse = true }));
        Assert.Empty(_failures);
    }

    [Fact]
    public void WhatIsNoFileIsAFailureIfItIsNamed()
    {
        MakeFifo("fifo");

        Assert.Empty(Measure(Path.Join(_tree, "fifo"), new FileCacheQuery()));
        Assert.Empty(Measure("/dev/zero", new FileCacheQuery()));
        Assert.Empty(Measure(Path.Join(_tree, "missing"), new FileCacheQuery()));
        Assert.Equal([ProcfsError.ReadFailed, ProcfsError.ReadFailed, ProcfsError.FileNotFound], _failures.Select(failure => failure.Error));
        Assert.Equal([Path.Join(_tree, "fifo"), "/dev/zero", Path.Join(_tree, "missing")], _failures.Select(failure => failure.Path));
        Assert.Contains("neither a regular file nor a directory", _failures[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FailuresAreThrownIfNobodyReceivesThem()
    {
        using ProcfsContext procfs = new();

        Assert.Throws<ProcfsException>(() => new FileCacheMeter(procfs).Measure(Path.Join(_tree, "missing"), cancellationToken: TestContext.Current.CancellationToken).Count());
    }

    [Fact]
    public void ALinkThatIsNamedIsFollowed()
    {
        Write("a", 5000);
        File.CreateSymbolicLink(Path.Join(_tree, "link"), Path.Join(_tree, "a"));

        Assert.Equal(5000, Assert.Single(Measure(Path.Join(_tree, "link"), new FileCacheQuery())).Length);
    }

    [Fact]
    public void NamesAreSelectedAndAnyNameIsMeasured()
    {
        string[] names = ["line\nbreak", "esc\u001b[31m", "quote'\"", "-dash", "пять", ".hidden"];
        Array.ForEach(names, name => Write($"odd/{name}", 1));

        Assert.Equal(names.Order(StringComparer.Ordinal), MeasureNames(new FileCacheQuery { Recurse = true }).Select(name => name[4..]).Order(StringComparer.Ordinal));
        Assert.Equal(["odd/.hidden"], MeasureNames(new FileCacheQuery { Recurse = true, NameFilter = name => name.StartsWith('.') }));
    }

    [Fact]
    public void AFileThatShrinksMeanwhileHasNoPagesBeyondItsEnd()
    {
        string path = Write("a", 40 * (int)KernelFile.PageSize);
        FileCacheQuery query = new()
        {
            // The filter runs between the examination of the file and its measurement.
            NameFilter = _ =>
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Write);
                file.SetLength(3 * (long)KernelFile.PageSize);
                return true;
            },
        };

        FileCacheInfo found = Assert.Single(Measure(_tree, query));

        Assert.Equal(40 * (long)KernelFile.PageSize, found.Length);
        Assert.InRange(found.Cached, 0, 3 * (long)KernelFile.PageSize);
    }

    [Fact]
    public void AFileThatVanishesMeanwhileIsNoFailure()
    {
        string path = Write("a", 1);
        FileCacheQuery query = new()
        {
            NameFilter = _ =>
            {
                File.Delete(path);
                return true;
            },
        };

        Assert.Empty(Measure(_tree, query));
        Assert.Empty(_failures);
    }

    [Fact]
    public void ADeepTreeEndsWithOneFailure()
    {
        Directory.CreateDirectory(_tree + string.Concat(Enumerable.Repeat("/d", 600)));
        Write("d/d/a", 1);

        Assert.Equal(["d/d/a"], MeasureNames(new FileCacheQuery { Recurse = true }));
        Assert.Contains("more than 512 directories deep", Assert.Single(_failures).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void NamesThatAreNotUtf8AreFoundAndShownByTheirBytes()
    {
        Run("sh", "-c", "directory=\"$0/$(printf 'd\\377')\"; mkdir \"$directory\" && printf text >\"$directory/$(printf 'a\\376b')\"", _tree);
        try
        {
            FileCacheInfo found = Assert.Single(Measure(_tree, new FileCacheQuery { Recurse = true }));

            Assert.Equal(($@"{_tree}/d\xff/a\xfeb", 4L), (found.Path, found.Length));
            Assert.Empty(_failures);
        }
        finally
        {
            // The framework's own names of such files do not lead back to them.
            Run("rm", "-r", "--", _tree);
            Directory.CreateDirectory(_tree);
        }
    }

    [Fact]
    public void AnEmptyFileHasNoPercentage()
    {
        Write("a", 0);

        FileCacheInfo found = Assert.Single(Measure(_tree, new FileCacheQuery()));

        Assert.Equal((0L, 0L, (double?)null), (found.Length, found.Cached, found.CachedPercent));
    }

    [Fact]
    public void AMountWithoutPageCacheIsNotEnteredUnlessItIsNamed()
    {
        // /proc/sys/fs/binfmt_misc or another mount may be below; /proc itself is named.
        List<string> skipped = [];
        string[] names = [.. Measure("/proc/sys/fs", new FileCacheQuery { Recurse = true, OnSkippedMount = skipped.Add }).Select(file => file.Path)];

        Assert.Contains("/proc/sys/fs/file-max", names);
        Assert.DoesNotContain(names, name => name.StartsWith("/proc/sys/fs/binfmt_misc/", StringComparison.Ordinal));
    }

    [Fact]
    public void CancellationEndsTheMeasurement()
    {
        Write("a", 1);
        using CancellationTokenSource cancellation = new();
        cancellation.Cancel();
        using ProcfsContext procfs = new();

        Assert.Throws<OperationCanceledException>(() => new FileCacheMeter(procfs).Measure(_tree, cancellationToken: cancellation.Token).Count());
    }

    private string Write(string name, int length)
    {
        string path = Path.Join(_tree, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllBytes(path, new byte[length]);
        return path;
    }

    private void MakeFifo(string name) => Run("mkfifo", Path.Join(_tree, name));

    private static void Run(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(program, arguments);
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    private string[] MeasureNames(FileCacheQuery query) =>
        [.. Measure(_tree, query).Select(file => Path.GetRelativePath(_tree, file.Path)).Order(StringComparer.Ordinal)];

    private FileCacheInfo[] Measure(string path, FileCacheQuery query)
    {
        using ProcfsContext procfs = new();
        return [.. new FileCacheMeter(procfs, query with { OnFailure = _failures.Add }).Measure(path, cancellationToken: TestContext.Current.CancellationToken)];
    }
}
