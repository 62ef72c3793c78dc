using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Fake kpage files and reads from them.</summary>
internal static class FakeFrames
{
    public static FakeProc CreateTree(ulong[] flags, ulong[] counts, ulong[] cgroups) =>
        new FakeProc().WriteEntries("kpageflags", 0, flags).WriteEntries("kpagecount", 0, counts).WriteEntries("kpagecgroup", 0, cgroups);

    /// <summary>Reads the frames with these numbers. The frames that match the query follow the order of the numbers.</summary>
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
