using System.Diagnostics;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
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

    [Fact]
    public void MountsThatCannotBeParsedDoNotEndAMeasurement()
    {
        const string Mounts = "1 1 4294967296:1 / / rw - tmpfs x rw\nnonsense\n\n1 1 8:1 / / rw\n";
        using FakeProc tree = CreateTree().WriteText("7/mountinfo", Mounts).WriteText("swaps", "Filename\n/swap file 1 1 1\n")
            .WriteText("7/maps", "10000-11000 rw-s 00000000 08:01 5 /x\n");
        ProcessUss uss = new UssMeter(new ProcfsContext(tree.Root), UssMethod.Exclusive).Measure(Id, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((long)KernelFile.PageSize, uss.Uss);
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
