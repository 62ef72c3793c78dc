using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Pages;

/// <summary>The whole data path over fake proc trees: walk, entry filter, frame words, frame filter, objects.</summary>
[Trait("Tier", "Unit")]
public sealed class ProcessPageReaderTests
{
    private const int Id = 7;
    private const FrameProperties All = FrameProperties.Flags | FrameProperties.MapCount | FrameProperties.Cgroup;
    private static readonly ulong s_page = KernelFile.PageSize;

    [Fact]
    public void APageCombinesItsEntryAndItsFrame()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | PagemapBits.UffdWriteProtected | 2, 0, PagemapBits.Swapped(0, 9) | PagemapBits.File, PagemapBits.Present | PagemapBits.File | 1);
        List<ProcessPageInfo> pages = Read(tree, new ProcessPageQuery { Include = All });
        Assert.Equal([0UL, 2, 3], pages.Select(page => (page.Address / s_page) - 0x10));
        ProcessPageInfo first = pages[0];
        Assert.Equal((Id, PageState.Present, 2UL, "/mapped"), (first.ProcessId, first.State, first.Pfn!.Value, first.Mapping.Path!));
        Assert.True(first.IsExclusive);
        Assert.True(first.IsUffdWriteProtected);
        Assert.False(first.IsFileOrSharedAnon);
        Assert.Equal(((ulong)KPageFlags.LRU, 22UL, 222UL), (first.RawFlags!.Value, first.MapCount!.Value, first.CgroupInode!.Value));
        Assert.Equal(PagemapBits.Present | PagemapBits.Exclusive | PagemapBits.UffdWriteProtected | 2, first.RawEntry);

        ProcessPageInfo swapped = pages[1];
        Assert.Equal((PageState.Swapped, 0, 9UL, "/swap"), (swapped.State, swapped.SwapType!.Value, swapped.SwapOffset!.Value, swapped.SwapFile!));
        Assert.Null(swapped.Pfn);
        Assert.Null(swapped.Flags);
        Assert.Null(swapped.MapCount);
        Assert.Null(swapped.CgroupInode);
        Assert.Equal((1UL, 11UL), (pages[2].Pfn!.Value, pages[2].MapCount!.Value));
    }

    [Theory]
    [InlineData(KPageFlags.MMAP, true, 1)]
    [InlineData(KPageFlags.MMAP, false, 22)]
    [InlineData(KPageFlags.MMAP | KPageFlags.THP, true, 22)]
    [InlineData(KPageFlags.MMAP | KPageFlags.COMPOUND_TAIL, true, 22)]
    [InlineData(KPageFlags.MMAP | KPageFlags.COMPOUND_HEAD, true, 22)]
    [InlineData(KPageFlags.MMAP | KPageFlags.HUGE, true, 22)]
    [InlineData(KPageFlags.BUDDY, true, 22)]
    [InlineData(KPageFlags.NOPAGE, true, 22)]
    public void TheExclusiveBitImpliesMapCount1ForSmallFoliosOnly(KPageFlags flags, bool isExclusive, ulong count)
    {
        ulong entry = PagemapBits.Present | (isExclusive ? PagemapBits.Exclusive : 0) | 2;
        using FakeProc tree = FakeFrames.CreateTree([0, 0, (ulong)flags], [0, 11, 22], [0, 111, 222])
            .AddProcess(Id, FormatLine(0x10, 0x11)).WritePagemap(Id, 0x10 * s_page, entry);
        Assert.Equal(count, Assert.Single(Read(tree, new ProcessPageQuery { Include = All })).MapCount);
        Assert.Equal(22UL, Assert.Single(Read(tree, new ProcessPageQuery { Include = FrameProperties.MapCount })).MapCount);
    }

    /// <summary>The kernel's files read 0 for a whole untracked section. A single frame without flags elsewhere is tracked.</summary>
    [Fact]
    public void UntrackedFramesReportOnlyWhatTheirEntryShows()
    {
        const int Section = 1 << 15;
        ulong[] section = new ulong[Section];
        using FakeProc tree = FakeFrames.CreateTree([0, 1, 0], [0, 1, 0], [0, 1, 0]);
        foreach (string file in (string[])["kpageflags", "kpagecount", "kpagecgroup"])
        {
            tree.WriteEntries(file, Section, section);
        }

        tree.AddProcess(Id, FormatLine(0x10, 0x13)).WritePagemap(Id, 0x10 * s_page, PagemapBits.Present | PagemapBits.Exclusive | Section, PagemapBits.Present | (Section + 7), PagemapBits.Present | 2);
        List<ProcessPageInfo> pages = Read(tree, new ProcessPageQuery { Include = All });
        Assert.Equal([null, null, 0UL], pages.Select(page => page.RawFlags));
        Assert.Equal([1UL, null, 0UL], pages.Select(page => page.MapCount));
        Assert.Equal([null, null, 0UL], pages.Select(page => page.CgroupInode));
        Assert.Equal([1UL, null, 0UL], Read(tree, new ProcessPageQuery { Include = FrameProperties.MapCount }).Select(page => page.MapCount));
        using KPageFiles files = new(tree.Root);
        using FrameReader frames = new(files, new FrameQuery { Include = FrameProperties.Flags });
        FrameRange range = new(Section, 1);
        Assert.True(frames.MoveNext(ref range, TestContext.Current.CancellationToken));
        Assert.Equal(0UL, frames.GetPage(0).RawFlags);
    }

    [Fact]
    public void AWalkThatContradictsTheOrderOfAreasNamesNone()
    {
        using FakeProc tree = CreateTree(PagemapBits.Swapped(0, 9), PagemapBits.Swapped(2, 9)).WriteText("swaps", "Filename\n/second file 1 0 -2\n/third file 1 0 -3\n");
        List<ProcessPageInfo> pages = Read(tree, new ProcessPageQuery());
        Assert.Equal([0, 2], pages.Select(page => page.SwapType!.Value));
        Assert.All(pages, page => Assert.Null(page.SwapFile));
        using FakeProc inOrder = CreateTree(PagemapBits.Swapped(0, 9), PagemapBits.Swapped(1, 9)).WriteText("swaps", "Filename\n/first file 1 0 -2\n/second file 1 0 -3\n");
        Assert.Equal(["/first", "/second"], Read(inOrder, new ProcessPageQuery()).Select(page => page.SwapFile));
    }

    [Fact]
    public void MarkersHaveNoSwapFile()
    {
        using FakeProc tree = CreateTree(PagemapBits.GuardRegion, PagemapBits.UffdMarker, PagemapBits.Swapped(31, 2));
        List<ProcessPageInfo> pages = Read(tree, new ProcessPageQuery());
        Assert.Equal([PageState.Guard, PageState.UffdMarker, PageState.Poisoned], pages.Select(page => page.State));
        Assert.All(pages, page => Assert.Null(page.SwapFile));
        Assert.All(pages, page => Assert.Equal(31, page.SwapType));
    }

    [Fact]
    public void HiddenFramesAreNullAndGiveAWarning()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive, PagemapBits.Swap);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using ProcfsContext procfs = new(tree.Root);
        using ProcessPageReader reader = new(procfs, process, new ProcessPageQuery { Include = All });
        List<ProcessPageInfo> pages = [];
        while (reader.MoveNext(TestContext.Current.CancellationToken))
        {
            pages.AddRange(Enumerable.Range(0, reader.Batch.Count).Select(row => reader.GetPage(row)));
        }

        Assert.True(reader.Warnings.HasFlag(ReadWarnings.HiddenPageFrames));
        Assert.Equal([PageState.Present, PageState.Hidden], pages.Select(page => page.State));
        Assert.All(pages, page => Assert.Null(page.Pfn));
        Assert.All(pages, page => Assert.Null(page.Flags));
        Assert.All(pages, page => Assert.Null(page.SwapType));
    }

    [Fact]
    public void VisibleFramesGiveNoWarning()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | 1, 0, PagemapBits.Swapped(0, 9));
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using ProcfsContext procfs = new(tree.Root);
        using ProcessPageReader reader = new(procfs, process, new ProcessPageQuery { Entries = new EntryFilter { IncludeUnpopulated = true } });
        while (reader.MoveNext(TestContext.Current.CancellationToken))
        {
            Assert.True(reader.Position > 0);
        }

        Assert.False(reader.Warnings.HasFlag(ReadWarnings.HiddenPageFrames));
        Assert.Equal(0x14 * s_page, reader.Position);
    }

    [Fact]
    public void APageMustMatchBothFilters()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | PagemapBits.Exclusive | 1, PagemapBits.Present | PagemapBits.Exclusive | 2, PagemapBits.Present | 2, PagemapBits.Swapped(0, 9));
        ProcessPageQuery query = new()
        {
            Entries = new EntryFilter { IsExclusive = true },
            Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.LRU } },
        };
        ProcessPageInfo page = Assert.Single(Read(tree, query));
        Assert.Equal(0x11 * s_page, page.Address);
        Assert.Equal(KPageFlags.LRU, page.Flags);
    }

    [Fact]
    public void AFrameFilterExcludesPagesWithoutAFrame()
    {
        using FakeProc tree = CreateTree(PagemapBits.Swapped(0, 9), PagemapBits.Present, PagemapBits.Present | 1, PagemapBits.GuardRegion);
        ProcessPageQuery query = new() { Frames = new FrameFilter { Flags = new FlagFilter { NoneOf = KPageFlags.HUGE } } };
        Assert.Equal(1UL, Assert.Single(Read(tree, query)).Pfn);
    }

    [Fact]
    public void PagesReadBeforeAnExitPrecedeTheError()
    {
        const int Pages = 40_000;
        ulong[] entries = [.. Enumerable.Range(0, Pages).Select(i => PagemapBits.Present | ((uint)(i % 3) + 1))];
        using FakeProc tree = CreateTree().AddProcess(Id, FormatLine(0x10, 0x10 + (2 * Pages))).WritePagemap(Id, 0x10 * s_page, entries);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        (List<ProcessPageInfo> pages, ProcfsException? failure) = Walks.ReadPages(tree.Root, process, new ProcessPageQuery { Include = All });
        Assert.Equal(Pages, pages.Count);
        Assert.Equal(entries, pages.Select(page => page.RawEntry));
        Assert.All(pages, page => Assert.Equal(page.Pfn * 11, page.MapCount));
        Assert.Equal(ProcfsError.ProcessNotFound, failure?.Error);
    }

    [Fact]
    public void AnAbsentKpageFileIsReported()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | 1);
        File.Delete(tree.GetPath("kpagecgroup"));
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        (_, ProcfsException? failure) = Walks.ReadPages(tree.Root, process, new ProcessPageQuery { Include = All });
        Assert.Equal(ProcfsError.KPageNotAvailable, failure?.Error);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(40_000)]
    public void AnUnreadableKpageFileIsReported(int pages)
    {
        // Reading a directory gives EISDIR. Several threads read the words of many rows.
        using FakeProc tree = CreateTree().AddProcess(Id, FormatLine(0x10, 0x10 + pages))
            .WritePagemap(Id, 0x10 * s_page, [.. Enumerable.Repeat(PagemapBits.Present | 1, pages)]);
        File.Delete(tree.GetPath("kpagecount"));
        Directory.CreateDirectory(tree.GetPath("kpagecount"));
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        (_, ProcfsException? failure) = Walks.ReadPages(tree.Root, process, new ProcessPageQuery { Include = All });
        Assert.Equal(ProcfsError.ReadFailed, failure?.Error);
        Assert.Equal(tree.GetPath("kpagecount"), failure!.Path);
    }

    [Fact]
    public void ReadingCanBeCancelled()
    {
        using FakeProc tree = CreateTree(PagemapBits.Present | 1);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using ProcfsContext procfs = new(tree.Root);
        using ProcessPageReader reader = new(procfs, process, new ProcessPageQuery());
        Assert.Throws<OperationCanceledException>(() => reader.MoveNext(new CancellationToken(canceled: true)));
    }

    [Fact]
    public void AReaderCanBeDisposedEarlyAndTwice()
    {
        using FakeProc tree = CreateTree().AddProcess(Id, FormatLine(0x10, 0x10 + 100_000)).WritePagemap(Id, 0x10 * s_page, [.. Enumerable.Repeat(PagemapBits.Present | 1, 100_000)]);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        using ProcfsContext procfs = new(tree.Root);
        ProcessPageReader reader = new(procfs, process, new ProcessPageQuery { Include = All });
        Assert.True(reader.MoveNext(TestContext.Current.CancellationToken));
        reader.Dispose();
        reader.Dispose();
    }

    /// <summary>One mapping of four pages, and page frames 0 to 3, of which only 2 has LRU.</summary>
    private static FakeProc CreateTree(params ReadOnlySpan<ulong> entries) =>
        FakeFrames.CreateTree([0, (ulong)KPageFlags.ANON, (ulong)KPageFlags.LRU, 0], [0, 11, 22, 33], [0, 111, 222, 333])
            .WriteText("swaps", "Filename Type Size Used Priority\n/swap file 100 0 -2\n")
            .AddProcess(Id, FormatLine(0x10, 0x14)).WritePagemap(Id, 0x10 * s_page, [.. entries, .. new ulong[4 - Math.Min(4, entries.Length)]]);

    private static string FormatLine(int first, int end) => $"{(ulong)first * s_page:x}-{(ulong)end * s_page:x} rw-p 00000000 08:01 5 /mapped";

    private static List<ProcessPageInfo> Read(FakeProc tree, ProcessPageQuery query)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(tree.Root, Id);
        (List<ProcessPageInfo> pages, ProcfsException? failure) = Walks.ReadPages(tree.Root, process, query);
        Assert.Null(failure);
        return pages;
    }
}
