using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Reads the pages of a region through the library and compares each with a direct read of the kernel's files.</summary>
internal static class TargetPages
{
    // Page reclaim, writeback and the batches of the LRU lists change these flags at any time.
    private const ulong Unsteady = (ulong)(KPageFlags.LOCKED | KPageFlags.REFERENCED | KPageFlags.LRU | KPageFlags.ACTIVE | KPageFlags.DIRTY
        | KPageFlags.WRITEBACK | KPageFlags.RECLAIM | KPageFlags.UNEVICTABLE | KPageFlags.IDLE | KPageFlags.OWNER_2 | KPageFlags.PRIVATE);

    private static readonly ProcRoot s_root = new("/proc");

    /// <summary>Reads every page of the region, including unpopulated pages.</summary>
    public static ProcessPageInfo[] Read(TargetRegion region, bool resolveShared = false)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, region.ProcessId);
        ProcessPageQuery query = new()
        {
            Walk = new PageWalkOptions { Addresses = [region.Range] },
            Entries = new EntryFilter { IncludeUnpopulated = true },
            Include = GetReadableProperties(),
            ResolveShared = resolveShared,
        };
        ulong[] before = KernelFile.ReadPagemap(region.ProcessId, region.Start, region.PageCount);
        (List<ProcessPageInfo> pages, ProcfsException? failure) = Walks.ReadPages(s_root, process, query);
        ulong[] after = KernelFile.ReadPagemap(region.ProcessId, region.Start, region.PageCount);
        Assert.Null(failure);
        Assert.Equal(region.PageCount, pages.Count);
        for (int i = 0; i < pages.Count; i++)
        {
            AssertEqualsKernelFiles(pages[i], region, i, before[i], after[i]);
        }

        bool isUntracked = (query.Include & FrameProperties.Flags) != 0 && pages.Any(page => page.Pfn is not null && page.RawFlags is null);
        Require.That(!isUntracked || !UntrackedMemory.Exists, "KnownMemory", $"{region.Name} lies where the kernel does not know its own memory");
        return [.. pages];
    }

    /// <summary>The pages with these indices.</summary>
    public static IEnumerable<ProcessPageInfo> Pick(this ProcessPageInfo[] pages, IEnumerable<int> indices) => indices.Select(index => pages[index]);

    public static FrameProperties GetReadableProperties()
    {
        FrameProperties fields = FrameProperties.None;
        foreach (FrameProperties field in KPageFiles.AllProperties)
        {
            using KPageFiles files = new(s_root);
            try
            {
                files.Get(field);
                fields |= field;
            }
            catch (ProcfsException)
            {
                // The file is absent or this user cannot read it. The properties from this file are then null.
            }
        }

        return fields;
    }

    private static void AssertEqualsKernelFiles(ProcessPageInfo page, TargetRegion region, int index, ulong before, ulong after)
    {
        Assert.Equal(region.ProcessId, page.ProcessId);
        Assert.Equal(region.Start + ((ulong)index * KernelFile.PageSize), page.Address);
        Assert.True(page.Mapping.Start <= page.Address && page.Address < page.Mapping.End);
        ulong word = page.RawEntry;
        Assert.True(word == before || word == after, $"page {index} of {region.Name}: 0x{word:x}, where the kernel says 0x{before:x} and then 0x{after:x}");
        bool isPresent = (word & PagemapBits.Present) != 0;
        ulong frame = word & PagemapBits.Frame;
        Assert.Equal(isPresent && frame != 0 ? frame : null, page.Pfn);
        Assert.Equal((word & PagemapBits.Exclusive) != 0, page.IsExclusive);
        Assert.Equal((word & PagemapBits.File) != 0, page.IsFileOrSharedAnon);
        Assert.Equal((word & PagemapBits.UffdWriteProtected) != 0, page.IsUffdWriteProtected);
        Assert.Equal((word & PagemapBits.SoftDirty) != 0, page.IsSoftDirty == true);
        Assert.Equal(!isPresent && (word & PagemapBits.Swap) != 0 && frame != 0 ? (int)(word & 31) : null, page.SwapType);
        Assert.Equal(!isPresent && (word & PagemapBits.Swap) != 0 && frame != 0 ? frame >> 5 : null, page.SwapOffset);
        Assert.Equal(isPresent, page.State == PageState.Present);
        if (page.Pfn is not { } pfn)
        {
            Assert.Null(page.Flags);
            Assert.Null(page.MapCount);
            Assert.Null(page.CgroupInode);
        }
        else if (before == after)
        {
            AssertFrame(page, pfn);
        }
    }

    private static void AssertFrame(ProcessPageInfo page, ulong pfn)
    {
        if (page.RawFlags is { } flags)
        {
            Assert.Equal(KernelFile.ReadWords("/proc/kpageflags", pfn, 1)[0] & ~Unsteady, flags & ~Unsteady);
        }

        if (page.MapCount is { } count && page.RawFlags is not null)
        {
            Assert.Equal(KernelFile.ReadWords("/proc/kpagecount", pfn, 1)[0], count);
        }

        if (page.CgroupInode is { } cgroup)
        {
            Assert.Equal(KernelFile.ReadWords("/proc/kpagecgroup", pfn, 1)[0], cgroup);
        }
    }
}
