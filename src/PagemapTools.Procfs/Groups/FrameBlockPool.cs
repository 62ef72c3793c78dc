using System.Collections.Concurrent;

namespace PagemapTools.Procfs.Groups;

/// <summary>Zeroed arrays for blocks of page frames, for several threads. What is returned is used again.</summary>
internal sealed class FrameBlockPool
{
    private readonly ConcurrentBag<ushort[]> _counts = [];
    private readonly ConcurrentBag<byte[]> _marks = [];

    public ushort[] RentCounts() => _counts.TryTake(out ushort[]? array) ? array : new ushort[FrameCounts.BlockFrames];

    public byte[] RentMarks() => _marks.TryTake(out byte[]? array) ? array : new byte[FrameCounts.BlockFrames];

    public void Return(ushort[] counts)
    {
        Array.Clear(counts);
        _counts.Add(counts);
    }

    public void Return(byte[] marks)
    {
        Array.Clear(marks);
        _marks.Add(marks);
    }
}
