using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Pages;

/// <summary>Bits of the pagemap entry that pages show, and that no filter needs.</summary>
[Trait("Tier", "Unit")]
public sealed class ProcessPageBitsTests
{
    private const int Id = 7;

    [Fact]
    public void RawFlagsIncludeBitsOfThePagemapEntry()
    {
        ProcessPageInfo page = Read(PagemapBits.Present | PagemapBits.File | PagemapBits.Exclusive | 2, new ProcessPageQuery { Include = FrameProperties.Flags, RawFlags = true });
        Assert.Equal(KPageFlags.LRU | KPageFlags.FILE | KPageFlags.MMAP_EXCLUSIVE, page.Flags);
    }

    [Fact]
    public void UnknownBitsArePreserved() =>
        Assert.Equal(1UL << 60, Read(PagemapBits.Present | (1UL << 60) | 1, new ProcessPageQuery()).UnknownBits);

    private static ProcessPageInfo Read(ulong entry, ProcessPageQuery query)
    {
        using FakeProc tree = FakeFrames.CreateTree([0, 0, (ulong)KPageFlags.LRU], [0, 1, 1], []).AddProcess(Id, 0x10 * KernelFile.PageSize, entry);
        using ProcfsContext procfs = new(tree.Root);
        return Assert.Single(procfs.ReadPages(Id, query, cancellationToken: TestContext.Current.CancellationToken));
    }
}
