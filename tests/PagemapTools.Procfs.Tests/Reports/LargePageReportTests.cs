using System.Runtime.InteropServices;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Reports;

namespace PagemapTools.Procfs.Tests.Reports;

/// <summary>The report of a large host. It takes seconds, which is too long for the Unit tier.</summary>
[Trait("Tier", "Live")]
public sealed class LargePageReportTests
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 12) | (1UL << 14);
    private const ulong Free = 1UL << 10;
    private const ulong Start = 0x10_0000;

    /// <summary>Memory that is as fragmented as it gets: runs of 1 to 16 page frames, some of whose flags differ.</summary>
    [Fact]
    public void AReportOf64GibibytesIsSmallerThan5Megabytes()
    {
        using FakeProc tree = new();
        Random random = new(1);
        ulong[] words = new ulong[(64L << 30) / (long)KernelFile.PageSize];
        for (int pfn = 0; pfn < words.Length;)
        {
            ulong word = random.Next(8) switch { < 3 => Free, < 5 => Anonymous | ((ulong)random.Next(4) << 5), 5 => (1UL << 3) | (1UL << 5), 6 => 1UL << 7, _ => 0 };
            int end = Math.Min(words.Length, pfn + random.Next(1, 17));
            words.AsSpan(pfn..end).Fill(word);
            pfn = end;
        }

        tree.WriteBytes("kpageflags", MemoryMarshal.AsBytes(words.AsSpan())).WriteText("kpagecount", string.Empty);
        File.Create(tree.GetPath("kpagecgroup")).Dispose();
        for (int id = 1; id <= 100; id++)
        {
            tree.AddProcess(id, Start, [.. Enumerable.Range(0, 200).Select(_ => PagemapBits.PresentAt((ulong)random.Next(words.Length)))]);
        }

        using ProcfsContext procfs = new(tree.Root);
        string path = tree.GetPath("large.html");
        foreach (bool includeFrames in (bool[])[false, true])
        {
            procfs.ExportPageReport(path, new PageReportOptions { IncludeFrames = includeFrames }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.InRange(new FileInfo(path).Length, 100_000, 5_000_000);
        }
    }
}
