using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Made-up kpage files and batches over them.</summary>
internal static class FakeFrames
{
    public static FakeProc Tree(ulong[] flags, ulong[] counts, ulong[] cgroups) =>
        new FakeProc().Entries("kpageflags", 0, flags).Entries("kpagecount", 0, counts).Entries("kpagecgroup", 0, cgroups);

    /// <summary>What is read of frames that are named by number, in the order of the numbers that pass.</summary>
    public static List<PageInfo> Read(FakeProc tree, FrameQuery query, params ReadOnlySpan<ulong> pfns)
    {
        using KPageFiles files = new(tree.Root);
        using FrameReader reader = new(files, query);
        foreach (ulong pfn in pfns)
        {
            reader.Batch.Add(pfn);
        }

        reader.ReadBatch();
        return [.. Enumerable.Range(0, reader.Count).Select(row => reader.GetPage(row))];
    }

    public static List<PageInfo> ReadRange(FakeProc tree, FrameQuery query, FrameRange range)
    {
        using KPageFiles files = new(tree.Root);
        using FrameReader reader = new(files, query);
        List<PageInfo> pages = [];
        while (reader.MoveNext(ref range, TestContext.Current.CancellationToken))
        {
            pages.AddRange(Enumerable.Range(0, reader.Batch.Count).Select(row => reader.GetPage(row)));
        }

        return pages;
    }
}
