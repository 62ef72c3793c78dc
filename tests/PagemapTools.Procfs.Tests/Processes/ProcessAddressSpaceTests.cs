using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

/// <summary>Opens processes of fake proc trees, most of them unreadable.</summary>
[Trait("Tier", "Unit")]
public sealed class ProcessAddressSpaceTests
{
    private const int Id = 7;
    private const int ENOENT = 2;

    [Fact]
    public void AnAbsentProcessIsNotFound()
    {
        using FakeProc tree = new();
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal(ProcfsError.ProcessNotFound, failure.Error);
        Assert.Equal(Id, failure.ProcessId);
        Assert.Contains("7", failure.Message, StringComparison.Ordinal);
        Assert.Contains(tree.Path, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AProcessThatExitsDuringOpenIsNotFound()
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", "gone\n");
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id)).Error);
    }

    [Theory]
    [InlineData('S', ProcessStatus.KernelThread, "made-up", "kernel thread")]
    [InlineData('I', ProcessStatus.KernelThread | 0x40, "kworker/0:1", "kernel thread")]
    [InlineData('Z', 0u, "made-up", "zombie")]
    [InlineData('X', 0u, "made-up", "zombie")]
    [InlineData('Z', 0u, "with ) and ( and R 1 2", "zombie")]
    public void TheErrorExplainsAMissingAddressSpace(char state, uint flags, string name, string reason)
    {
        // The pagemap of such a process does not open.
        using FakeProc tree = new FakeProc().WriteText("7/comm", name + "\n").WriteText("7/cmdline", string.Empty).WriteStatus(Id, state, flags, name);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal(ProcfsError.NoAddressSpace, failure.Error);
        Assert.Equal(Id, failure.ProcessId);
        Assert.Equal(ENOENT, failure.ErrorNumber);
        Assert.Contains(reason, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ALivingThreadServesForAnExitedMainThread(bool opensEmpty)
    {
        using FakeProc tree = new FakeProc().AddProcess(Id).WriteStatus(Id, 'Z', 0).WriteText("7/task/7/stat", string.Empty)
            .WriteText("7/task/8/stat", string.Empty).WriteStatus(8, 'Z', 0)
            .WriteText("7/task/9/stat", string.Empty).AddProcess(9, "1000-2000 rw-p 00000000 08:01 5 /x").WritePagemap(9, 0, 1, 2);
        if (opensEmpty)
        {
            tree.WriteText("7/pagemap", string.Empty);
        }

        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(Id, process.ProcessId);
        Assert.Equal((Id, "/x"), Assert.Single(process.ReadMappings().Select(mapping => (mapping.ProcessId, mapping.Path))));
        Assert.EndsWith("/9/pagemap", process.Pagemap.Path, StringComparison.Ordinal);
    }

    [Fact]
    public void TheErrorNamesAThreadThatDoesNotOpen()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id).WriteStatus(Id, 'Z', 0).WriteText("7/task/9/stat", string.Empty).WriteStatus(9, 'S', 0);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal((ProcfsError.NoAddressSpace, Id), (failure.Error, failure.ProcessId));
        Assert.Contains("main thread has ended", failure.Message, StringComparison.Ordinal);
        Assert.Contains("thread, 9", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("zombie", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData('S')]
    [InlineData('R')]
    [InlineData('D')]
    [InlineData('T')]
    public void AnExitingProcessWithoutPagemapIsNotFound(char state)
    {
        using FakeProc tree = new FakeProc().AddProcess(Id).WriteText("7/pagemap", string.Empty).WriteStatus(Id, state, 0x400000);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => process.ReadMappings().ToArray()).Error);
    }

    [Theory]
    [InlineData("")]
    [InlineData("7 (x")]
    [InlineData("7 (x) ")]
    [InlineData("7 (x) S 1 2")]
    [InlineData("7 (x) S 1 1 1 0 -1 flags 0")]
    [InlineData("7 (x) S 1 1 1 0 -1 99999999999 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0")]
    public void MalformedStatIsQuoted(string stat)
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", "x\n").WriteText("7/stat", stat);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal((ProcfsError.ReadFailed, Id, tree.GetPath("7/stat")), (failure.Error, failure.ProcessId, failure.Path));
        Assert.Contains($"'{stat}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadMappingsReportsAnAbsentMapsFile()
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", "x\n").WritePagemap(Id, 0, 1);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id)).Error);
    }

    [Fact]
    public void EmptyMapsMeanNoAddressSpace()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id).WritePagemap(Id, 0, 1).WriteStatus(Id, 'S', ProcessStatus.KernelThread);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal(ProcfsError.NoAddressSpace, Assert.Throws<ProcfsException>(() => process.ReadMappings().ToArray()).Error);
    }

    [Fact]
    public void AnOpenProcessHasItsIdNameAndFiles()
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, "1000-2000 rw-p 00000000 08:01 5 /x").WritePagemap(Id, 0, 1, 2);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        Assert.Equal((Id, "made-up"), (process.ProcessId, process.ProcessName));
        Assert.Equal("/x", Assert.Single(process.ReadMappings()).Path);
        Assert.EndsWith("/7/pagemap", process.Pagemap.Path, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("pagemap")]
    [InlineData("maps")]
    public void MissingFileOfLiveProcessIsNotAvailable(string file)
    {
        using FakeProc tree = new FakeProc().AddProcess(Id, "1000-2000 rw-p 00000000 08:01 5 /x").WritePagemap(Id, 0, 1, 2);
        File.Delete(tree.GetPath($"7/{file}"));
        ProcfsException failure = Assert.Throws<ProcfsException>(() => ProcessAddressSpace.Open(tree.Root, Id));
        Assert.Equal((ProcfsError.PagemapNotAvailable, Id, tree.GetPath($"7/{file}")), (failure.Error, failure.ProcessId, failure.Path));
        Assert.Contains("CONFIG_PROC_PAGE_MONITOR", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsExpected);
    }

    [Fact]
    public async Task NameMapsAndPagemapAreOfOneProgram()
    {
        // A thread replaces the process by another one, with another start time, as fast as it can.
        using FakeProc tree = new();
        WriteGeneration(tree, 0);
        Directory.Move(tree.GetPath("generation0"), tree.GetPath("7"));
        using CancellationTokenSource done = new();
        Task storm = Task.Run(() => ReplaceProcess(tree, done.Token), TestContext.Current.CancellationToken);
        int read = 0;
        try
        {
            for (int i = 0; i < 3000; i++)
            {
                read += TryReadGeneration(tree) ? 1 : 0;
            }
        }
        finally
        {
            await done.CancelAsync();
            await storm;
        }

        Assert.InRange(read, 100, 3000);
    }

    private static bool TryReadGeneration(FakeProc tree)
    {
        try
        {
            using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
            Span<ulong> entry = stackalloc ulong[1];
            Assert.Equal(1, process.Pagemap.Read(0, entry));
            Assert.Equal($"/{entry[0]}", process.ReadMappings().First().Path);
            Assert.Equal($"{entry[0]}", process.ProcessName);
            return true;
        }
        catch (ProcfsException failure) when (failure.Error is ProcfsError.ProcessNotFound or ProcfsError.PagemapNotAvailable)
        {
            // Replaced during each attempt, or absent between two generations.
            return false;
        }
    }

    private static void ReplaceProcess(FakeProc tree, CancellationToken cancellationToken)
    {
        for (int generation = 1; !cancellationToken.IsCancellationRequested; generation++)
        {
            WriteGeneration(tree, generation);
            Directory.Move(tree.GetPath("7"), tree.GetPath($"gone{generation}"));
            Directory.Move(tree.GetPath($"generation{generation}"), tree.GetPath("7"));
            Directory.Delete(tree.GetPath($"gone{generation}"), recursive: true);
            Thread.Sleep(generation % 3);
        }
    }

    private static void WriteGeneration(FakeProc tree, int generation) => tree
        .WriteText($"generation{generation}/comm", $"{generation}\n")
        .WriteText($"generation{generation}/stat", $"7 ({generation}) S{string.Concat(Enumerable.Repeat(" 0", 18))} {generation}{string.Concat(Enumerable.Repeat(" 0", 30))}\n")
        .WriteText($"generation{generation}/maps", $"1000-2000 rw-p 00000000 08:01 5 /{generation}\n")
        .WriteEntries($"generation{generation}/pagemap", 0, (ulong)generation, 0);
}
