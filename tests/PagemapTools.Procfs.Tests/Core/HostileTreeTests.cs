using System.Diagnostics;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedObjects;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Core;

/// <summary>Trees that somebody else wrote: nothing hangs, nothing is read without bound, and each failure quotes its input.</summary>
[Trait("Tier", "Unit")]
public sealed class HostileTreeTests
{
    private const int Id = 7;
    private const string Maps = "10000-11000 rw-p 00000000 00:00 0 ";

    [Theory]
    [InlineData("7/comm")]
    [InlineData("7/cmdline")]
    [InlineData("7/stat")]
    [InlineData("7/maps")]
    [InlineData("7/pagemap")]
    [InlineData("swaps")]
    public void FifosAndLinksAreNotOpened(string file)
    {
        using FakeProc tree = CreateTree().WriteText("7/comm", "a-name-of-15-by\n").WriteText("swaps", string.Empty);
        File.Delete(tree.GetPath(file));
        CreateFifo(tree.GetPath(file));
        AssertNoRegularFile(tree, file);
        File.Delete(tree.GetPath(file));
        File.CreateSymbolicLink(tree.GetPath(file), "/dev/zero");
        AssertNoRegularFile(tree, file);
    }

    [Fact]
    public void SavedFileIsRegularAndHasWholeEntries()
    {
        using FakeProc tree = new FakeProc().WriteBytes("saved", new byte[100_003]);
        Assert.Contains("100003 bytes", Assert.Throws<ProcfsException>(() => PageIndexedFile.Open(tree.GetPath("saved"))).Message, StringComparison.Ordinal);
        File.CreateSymbolicLink(tree.GetPath("zero"), "/dev/zero");
        CreateFifo(tree.GetPath("fifo"));
        foreach (string file in (string[])["zero", "fifo"])
        {
            Assert.Contains("neither a regular file", Assert.Throws<ProcfsException>(() => PageIndexedFile.Open(tree.GetPath(file))).Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("11000-10000 rw-p 00000000 00:00 0 ")]
    [InlineData("10000-10000 rw-p 00000000 00:00 0 ")]
    [InlineData("10000-11000 zzzz 00000000 00:00 0 ")]
    [InlineData("10000-11000 rw-p 00000000 100000000:0 0 ")]
    [InlineData("10000-11000 rw-p 00000000 00:00 99999999999999999999 ")]
    [InlineData("10000000000000000-11000 rw-p 00000000 00:00 0 ")]
    [InlineData("")]
    public void MalformedMapsAreQuoted(string line)
    {
        using FakeProc tree = CreateTree().WriteText("7/maps", line + "\n");
        AssertMapsQuote(tree, line);
    }

    [Fact]
    public void UnterminatedAndEndlessMapsAreQuoted()
    {
        using FakeProc tree = CreateTree().WriteText("7/maps", Maps);
        AssertMapsQuote(tree, Maps);
        tree.WriteText("7/maps", new string('x', 1024 * 1024));
        Assert.InRange(AssertMapsQuote(tree, "xxx").Message.Length, 200, 400);
    }

    [Fact]
    public void ThreadIdThatOverflowsIsQuoted()
    {
        using FakeProc tree = CreateTree().WriteStatus(Id, 'Z', 0).WriteText("7/pagemap", string.Empty).WriteText("7/task/99999999999/stat", string.Empty);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal((ProcfsError.ReadFailed, Id), (failure.Error, failure.ProcessId));
        Assert.Contains("'99999999999'", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mountinfo", "1 1 4294967296:1 / / rw - tmpfs x rw")]
    [InlineData("mountinfo", "18446744073709551616 1 0:1 / / rw - tmpfs x rw")]
    [InlineData("mountinfo", "nonsense")]
    [InlineData("mountinfo", "1 1 8:1 / / rw")]
    [InlineData("status", "VmRSS:\t99999999999999999999 kB")]
    [InlineData("status", "VmSwap:\t9223372036854775807 kB")]
    [InlineData("status", "Uid:\t0\t4294967296\t0\t0")]
    public void TextOfAProcessThatNoKernelWritesIsQuoted(string file, string line)
    {
        using FakeProc tree = CreateTree().WriteText($"7/{file}", line + "\n").WriteText("7/maps", "10000-11000 rw-s 00000000 00:2a 5 /x\n");
        AssertQuotes(tree.GetPath($"7/{file}"), line, Id, () =>
            new UssMeter(new ProcfsContext(tree.Root), UssMethod.Exclusive).Measure(Id, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("0:/a")]
    public void CgroupThatNoKernelWritesIsQuoted(string line)
    {
        using FakeProc tree = CreateTree().WriteText("7/cgroup", line + "\n");
        AssertQuotes(tree.GetPath("7/cgroup"), line, Id, () => ProcessCgroup.Read(tree.Root, Id));
    }

    [Fact]
    public void ShmemThatOverflowsIsQuoted()
    {
        const string Line = "Shmem:   99999999999999999999 kB";
        using FakeProc tree = new FakeProc().WriteText("meminfo", $"MemTotal: 1 kB\n{Line}\n");
        AssertQuotes(tree.GetPath("meminfo"), Line, null, () => MemoryInfo.ReadShmem(tree.Root));
    }

    [Theory]
    [InlineData("2147483648 0 0 4096 1 1 0 0 0 0 0 1 1 1 0 0")]
    [InlineData("0 2147483648 0 4096 1 1 0 0 0 0 0 1 1 1 0 0")]
    [InlineData("0 0 0 99999999999999999999 1 1 0 0 0 0 0 1 1 1 0 0")]
    [InlineData("0 0 0")]
    public void SegmentThatNoKernelWritesIsQuotedAndOtherObjectsAreRead(string line)
    {
        using FakeProc tree = new FakeProc().WriteText("sysvipc/shm", $"key shmid\n{line}\n").WriteText("meminfo", "Shmem: 4 kB\n");
        AssertQuotes(tree.GetPath("sysvipc/shm"), line, null, () => SystemVSegments.Read(tree.Root));
        SharedMemoryLimits? limits = null;
        SharedMemoryQuery query = new() { OnComplete = read => limits = read };
        SharedMemoryObject rest = Assert.Single(new ProcfsContext(tree.Root).ReadSharedMemory(query, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal((SharedMemoryKind.Unattributed, 4096L), (rest.Kind, rest.Resident));
        Assert.Equal(tree.GetPath("sysvipc/shm"), Assert.Single(limits!.Failures).Path);
    }

    [Theory]
    [InlineData("9")]
    [InlineData("/proc/1")]
    [InlineData("/proc/self")]
    public void LinkToAProcessIsNoProcess(string target)
    {
        using FakeProc tree = CreateTree().AddProcess(9, Maps);
        File.CreateSymbolicLink(tree.GetPath("8"), target);
        Assert.Equal([7, 9], tree.Root.GetProcessIds());
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, 8));
        Assert.Equal((ProcfsError.ReadFailed, 8, tree.GetPath("8")), (failure.Error, failure.ProcessId, failure.Path));
    }

    [Fact]
    public void LinkAsTheTreeItselfIsFollowed()
    {
        using FakeProc tree = CreateTree();
        using FakeProc other = new();
        File.CreateSymbolicLink(other.GetPath("link"), tree.Path);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot(other.GetPath("link")), Id);
        Assert.Equal(Id, process.ProcessId);
    }

    [Fact]
    public void NothingIsWrittenIntoASavedTree()
    {
        using FakeProc tree = CreateTree().WriteText("victim", "unchanged");
        File.CreateSymbolicLink(tree.GetPath("7/clear_refs"), tree.GetPath("victim"));
        Assert.Throws<ProcfsException>(() => new SoftDirty(tree.Root).Clear(Id));
        Assert.Equal("unchanged", File.ReadAllText(tree.GetPath("victim")));
    }

    [Fact]
    public void RandomWordsAreRejectedAsPageFlags()
    {
        byte[] words = new byte[4 * 1024 * 1024];
        new Random(1).NextBytes(words);
        using FakeProc tree = new FakeProc().WriteBytes("kpageflags", words);
        using PageIndexedFile file = PageIndexedFile.Open(tree.GetPath("kpageflags"));
        KPageFlagsHistogram histogram = new(new FlagFilter(), rawFlags: false);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => histogram.AddAll(file, 1, null, TestContext.Current.CancellationToken));
        Assert.Equal(ProcfsError.ReadFailed, failure.Error);
    }

    [Fact]
    public void OnlyProcIsAProcFileSystem()
    {
        using FakeProc tree = new();
        Assert.True(new ProcRoot("/proc").IsProcFileSystem);
        Assert.False(tree.Root.IsProcFileSystem);
        Assert.False(new ProcRoot(tree.GetPath("missing")).IsProcFileSystem);
    }

    private static FakeProc CreateTree() => new FakeProc().AddProcess(Id, Maps).WritePagemap(Id, 0x10000, PagemapBits.Present | PagemapBits.Exclusive | 1);

    private static void AssertNoRegularFile(FakeProc tree, string file)
    {
        Stopwatch watch = Stopwatch.StartNew();
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal((ProcfsError.ReadFailed, tree.GetPath(file)), (failure.Error, failure.Path));
        Assert.InRange(watch.Elapsed.TotalSeconds, 0, 5);
    }

    private static void AssertQuotes(string path, string line, int? processId, Func<object?> read)
    {
        ProcfsException failure = Assert.Throws<ProcfsException>(read);
        Assert.Equal((ProcfsError.ReadFailed, path, processId), (failure.Error, failure.Path, failure.ProcessId));
        Assert.Contains($"'{VisibleText.Escape(line)}'", failure.Message, StringComparison.Ordinal);
    }

    private static ProcfsException AssertMapsQuote(FakeProc tree, string line)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => process.ReadMappings().ToArray());
        Assert.Equal((ProcfsError.ReadFailed, Id), (failure.Error, failure.ProcessId));
        Assert.Contains($"'{line}", failure.Message, StringComparison.Ordinal);
        return failure;
    }

    private static void CreateFifo(string path)
    {
        using Process mkfifo = Process.Start("mkfifo", [path]);
        mkfifo.WaitForExit();
    }
}
