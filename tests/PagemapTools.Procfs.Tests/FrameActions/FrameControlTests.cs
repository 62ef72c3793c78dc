using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.FrameActions;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.ReverseMap;

namespace PagemapTools.Procfs.Tests.FrameActions;

/// <summary>Changes page frames of a tree of files that stands for proc and sysfs.</summary>
[Trait("Tier", "Unit")]
public sealed class FrameControlTests : IDisposable
{
    private const string Memory = "sys/devices/system/memory";
    private const string Injector = "sys/kernel/debug/hwpoison";
    private const ulong Anon = (ulong)(KPageFlags.ANON | KPageFlags.MMAP);
    private const ulong Poisoned = (ulong)KPageFlags.HWPOISON;

    private readonly FakeProc _tree = new FakeProc()
        .WriteEntries("kpageflags", 0, 0, Anon, Poisoned)
        .WriteEntries("kpagecount", 0, 0, 1, 0)
        .AddProcess(7, 0x400000, PagemapBits.Present | 1)
        .WriteText($"{Memory}/soft_offline_page", string.Empty)
        .WriteText($"{Memory}/hard_offline_page", string.Empty)
        .WriteText($"{Injector}/corrupt-pfn", string.Empty)
        .WriteText($"{Injector}/unpoison-pfn", string.Empty);

    public void Dispose() => _tree.Dispose();

    [Theory]
    [InlineData(FrameAction.SoftOffline, $"{Memory}/soft_offline_page", true)]
    [InlineData(FrameAction.HardOffline, $"{Memory}/hard_offline_page", true)]
    [InlineData(FrameAction.Poison, $"{Injector}/corrupt-pfn", false)]
    [InlineData(FrameAction.Unpoison, $"{Injector}/unpoison-pfn", false)]
    public void EachActionWritesAnAddressOrANumberToItsFileAlone(FrameAction action, string file, bool isAddress)
    {
        FrameChange change = Apply(2, action);
        Assert.Equal($"0x{(isAddress ? 2 * KernelFile.PageSize : 2):x}\n", File.ReadAllText(_tree.GetPath(file)));
        Assert.Equal(1, Directory.GetFiles(_tree.GetPath("sys"), "*", SearchOption.AllDirectories).Count(path => new FileInfo(path).Length > 0));
        Assert.Equal((2UL, 2 * KernelFile.PageSize, action, (bool?)true), (change.Pfn, change.PhysicalAddress, change.Action, change.IsPoisoned));
        Assert.Equal((KPageFlags.HWPOISON, "HWPOISON"), (change.FlagsBefore, change.FlagNames));
    }

    [Fact]
    public void AFrameWithoutTheFlagIsNotPoisonedAndHasWhoMappedItBefore()
    {
        FrameChange change = Apply(1, FrameAction.Unpoison);
        Assert.False(change.IsPoisoned);
        Assert.Equal([7], change.MappedBy);
        Assert.Empty(Apply(2, FrameAction.Unpoison).MappedBy);
    }

    [Fact]
    public void WhoMapsTheFrameIsFoundBefore()
    {
        using ProcfsContext procfs = new(_tree.Root);
        FrameControl control = new(procfs, _tree.GetPath("sys"));
        FrameMapping mapping = Assert.IsType<FrameMapping>(Assert.Single(control.FindMappings(1, TestContext.Current.CancellationToken)));
        Assert.Equal((7, 0x400000UL), (mapping.ProcessId, mapping.Address));
        Assert.Equal(PageUse.HardwarePoison, Assert.IsType<PageUseInfo>(Assert.Single(control.FindMappings(2, TestContext.Current.CancellationToken))).Use);
    }

    [Theory]
    [InlineData(FrameAction.SoftOffline, "CONFIG_MEMORY_FAILURE")]
    [InlineData(FrameAction.Unpoison, "CONFIG_HWPOISON_INJECT")]
    public void AMissingFileNamesTheOptionOfTheKernel(FrameAction action, string option)
    {
        Directory.Delete(_tree.GetPath("sys"), recursive: true);
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Apply(1, action));
        Assert.Equal(ProcfsError.FrameActionNotSupported, failure.Error);
        Assert.Contains(option, failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ARefusalHasTheFlagsOfTheFrame()
    {
        // A file that cannot be written, as the kernel refuses a page frame that it cannot move.
        File.Delete(_tree.GetPath($"{Memory}/soft_offline_page"));
        File.CreateSymbolicLink(_tree.GetPath($"{Memory}/soft_offline_page"), "/dev/full");
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Apply(1, FrameAction.SoftOffline));
        Assert.Equal((ProcfsError.ReadFailed, 28), (failure.Error, failure.ErrorNumber));
        Assert.Contains("0x1", failure.Message, StringComparison.Ordinal);
        Assert.Contains("MMAP,ANON", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AFrameBeyondMemoryIsAnErrorAndNothingIsWritten()
    {
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Apply(3, FrameAction.SoftOffline));
        Assert.Contains("no page frame 0x3", failure.Message, StringComparison.Ordinal);
        Assert.Equal(string.Empty, File.ReadAllText(_tree.GetPath($"{Memory}/soft_offline_page")));
    }

    [Fact]
    public void ASavedTreeDoesNotControlThisMachine()
    {
        using ProcfsContext procfs = new(_tree.Root);
        Assert.Contains("no proc file system", Assert.Throws<ProcfsException>(() => new FrameControl(procfs)).Message, StringComparison.Ordinal);
    }

    private FrameChange Apply(ulong pfn, FrameAction action)
    {
        using ProcfsContext procfs = new(_tree.Root);
        return new FrameControl(procfs, _tree.GetPath("sys")).Apply(pfn, action);
    }
}
