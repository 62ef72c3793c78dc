using System.Globalization;
using System.Text.RegularExpressions;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The nodes of pages and processes, compared with numa_maps and the links of /sys.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed partial class NodeTests
{
    private const string Blocks = "/sys/devices/system/memory";

    [Theory]
    [InlineData("anon")]
    [InlineData("anon-read")]
    [InlineData("fork")]
    [InlineData("memfd")]
    [InlineData("file-private")]
    [InlineData("thp")]
    [InlineData("hugetlb-private")]
    public void ProcessesHaveTheirMemoryOnTheNodesOfNumaMaps(string kind)
    {
        RequireNodes();
        using TargetProcess target = TargetProcess.Start(kind).Stop();
        Require.ReadableFile(GetNumaMaps(target));
        using ProcfsContext procfs = new();
        Stable.Until(() => string.Join(' ', ReadNumaMaps(target)), expected => Assert.Equal(
            expected,
            string.Join(' ', new UssMeter(procfs).MeasureNodes(target.ProcessId, IsInNumaMaps, cancellationToken: TestContext.Current.CancellationToken)
                .Select(node => (node.Node!.Value, node.Rss!.Value + node.Hugetlb)))));
    }

    [Fact]
    public void PartsOfAProcessAddUpToItsUss()
    {
        RequireNodes();
        using TargetProcess target = TargetProcess.StartInKnownMemory("fork").Stop();
        using ProcfsContext procfs = new();
        ProcessUss whole = new UssMeter(procfs, UssMethod.Exclusive).Measure(target.ProcessId, cancellationToken: TestContext.Current.CancellationToken);
        IReadOnlyList<NodeUss> parts = new UssMeter(procfs).MeasureNodes(target.ProcessId, cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal((whole.Uss, whole.Rss), (parts.Sum(part => part.Uss), parts.Sum(part => part.Rss)));
        Assert.All(parts, part => Assert.Null(part.Swap));
    }

    [Fact]
    public void APageIsOnTheNodeOfItsBlock()
    {
        RequireNodes();
        using TargetProcess target = TargetProcess.Start("anon").Stop();
        ulong blockSize = ulong.Parse(File.ReadAllText($"{Blocks}/block_size_bytes").Trim(), NumberStyles.AllowHexSpecifier);
        using ProcfsContext procfs = new();
        ProcessPageInfo[] pages = [.. procfs.ReadPages(target.ProcessId, new ProcessPageQuery { Include = FrameProperties.Node }, cancellationToken: TestContext.Current.CancellationToken)];
        Assert.All(pages.Where(page => page.Pfn is not null).GroupBy(page => page.Pfn * KernelFile.PageSize / blockSize), block =>
        {
            string directory = $"{Blocks}/memory{block.Key}";
            int? expected = !Directory.Exists(directory) ? null
                : Directory.EnumerateFileSystemEntries(directory, "node*").Select(link => (int?)int.Parse(Path.GetFileName(link).AsSpan(4), CultureInfo.InvariantCulture)).Single();
            Assert.All(block, page => Assert.Equal(expected, page.Node));
        });
        Assert.All(procfs.ReadPages(target.ProcessId, cancellationToken: TestContext.Current.CancellationToken).Take(10), page => Assert.Null(page.Node));
    }

    // numa_maps leaves out reserved page frames, such as those of the vdso (fs/proc/task_mmu.c, can_gather_numa_stats).
    private static bool IsInNumaMaps(MemoryMapping mapping) => mapping.Name != "[vdso]";

    private static void RequireNodes()
    {
        Require.PageFrames();
        Require.That(Directory.Exists($"{Blocks}/memory0/node0"), "MemoryBlocks", "the machine does not show the nodes of its memory");
    }

    private static string GetNumaMaps(TargetProcess target) => FormattableString.Invariant($"/proc/{target.ProcessId}/numa_maps");

    // A line has N0=12 for 12 pages on node 0, and the size of these pages.
    private static IEnumerable<(int Node, long Bytes)> ReadNumaMaps(TargetProcess target) => File.ReadLines(GetNumaMaps(target))
        .SelectMany(line => NodePages().Matches(line).Select(match => (
            Node: int.Parse(match.Groups["node"].ValueSpan, CultureInfo.InvariantCulture),
            Bytes: long.Parse(match.Groups["pages"].ValueSpan, CultureInfo.InvariantCulture) * 1024 * long.Parse(PageSize().Match(line).Groups["size"].ValueSpan, CultureInfo.InvariantCulture))))
        .GroupBy(pages => pages.Node).OrderBy(node => node.Key).Select(node => (node.Key, node.Sum(pages => pages.Bytes)));

    [GeneratedRegex(@" N(?<node>\d+)=(?<pages>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex NodePages();

    [GeneratedRegex(@" kernelpagesize_kB=(?<size>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PageSize();
}
