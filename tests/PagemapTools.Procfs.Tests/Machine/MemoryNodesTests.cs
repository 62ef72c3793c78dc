using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Machine;

/// <summary>The nodes of page frames, from trees in the layout of /sys/devices/system.</summary>
[Trait("Tier", "Unit")]
public sealed class MemoryNodesTests : IDisposable
{
    private readonly FakeProc _tree = new FakeProc().WriteText("memory/block_size_bytes", "8000000\n");

    public void Dispose() => _tree.Dispose();

    [Fact]
    public void EachBlockHasItsNodeAndAHoleHasNone()
    {
        AddBlocks(0, 0, 1);
        AddBlocks(1, 4, 5);
        MemoryNodes nodes = MemoryNodes.Read(_tree.Path);

        Assert.Equal([0, 0, null, null, 1, 1, null], Enumerable.Range(0, 7).Select(block => nodes.Find((ulong)block * FramesPerBlock)));
        Assert.Equal(0, nodes.Find((2 * FramesPerBlock) - 1));
        Assert.Equal([true, false, true, false], new ulong[] { 0, 2, 5, 6 }.Select(block => nodes.HasBlock(block * FramesPerBlock)!.Value));
        Assert.Null(nodes.Find(ulong.MaxValue));
    }

    [Fact]
    public void ABlockOfTwoNodesHasNoNode()
    {
        AddBlocks(0, 0, 1);
        AddBlocks(3, 1, 2);
        MemoryNodes nodes = MemoryNodes.Read(_tree.Path);

        Assert.Equal([0, null, 3], Enumerable.Range(0, 3).Select(block => nodes.Find((ulong)block * FramesPerBlock)));
        Assert.True(nodes.HasBlock(FramesPerBlock));
    }

    [Fact]
    public void OtherEntriesOfANodeAreNoBlocks()
    {
        AddBlocks(0, 0);
        _tree.WriteText("node/node0/memory_failure/x", string.Empty).WriteText("node/node0/meminfo", string.Empty)
            .WriteText("node/node0/memory99999999999/x", string.Empty).WriteText("node/nodeX/memory7/x", string.Empty);
        MemoryNodes nodes = MemoryNodes.Read(_tree.Path);

        Assert.Equal(0, nodes.Find(0));
        Assert.Null(nodes.Find(7 * FramesPerBlock));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("zz")]
    [InlineData("10")]
    public void AMachineThatShowsNoBlocksHasNoNodes(string? size)
    {
        AddBlocks(0, 0);
        File.Delete(_tree.GetPath("memory/block_size_bytes"));
        if (size is not null)
        {
            _tree.WriteText("memory/block_size_bytes", size);
        }

        MemoryNodes nodes = MemoryNodes.Read(_tree.Path);

        Assert.Null(nodes.Find(0));
        Assert.Null(nodes.HasBlock(0));
    }

    private static ulong FramesPerBlock => (128UL << 20) / KernelFile.PageSize;

    private void AddBlocks(int node, params ReadOnlySpan<int> blocks)
    {
        foreach (int block in blocks)
        {
            _tree.WriteText($"node/node{node}/memory{block}/state", "online\n");
        }
    }
}
