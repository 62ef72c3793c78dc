using System.Runtime.InteropServices;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Reports;

/// <summary>Neighbouring page frames of one class.</summary>
/// <param name="Class">The number of the class.</param>
/// <param name="Count">How many page frames.</param>
internal readonly record struct MapRun(int Class, long Count);

/// <summary>
/// The page frames of a machine as runs, in the order of their numbers. If there are too many runs, page frames are put into blocks. Inside a
/// block the order is lost, and the page frames of one use get the class of most of them. How many there are of each use stays exact.
/// </summary>
/// <param name="classes">The classes of the runs.</param>
/// <param name="maxRuns">The number of runs that a report takes: about 3 bytes each.</param>
internal sealed class FrameMap(FrameClasses classes, int maxRuns = FrameMap.DefaultMaxRuns)
{
    public const int DefaultMaxRuns = 800_000;

    private const int MinReducedFrames = 8;

    private List<MapRun> _runs = [];

    /// <summary>The runs.</summary>
    public IReadOnlyList<MapRun> Runs => _runs;

    /// <summary>The number of page frames in a block; 1 if the order is exact.</summary>
    public int BlockFrames { get; private set; } = 1;

    /// <summary>The number of page frames.</summary>
    public long FrameCount { get; private set; }

    /// <summary>Whether the page frames of one use in a block have the class of most of them.</summary>
    public bool IsReduced { get; private set; }

    /// <summary>Adds page frames behind those that were added before.</summary>
    public void Add(int frameClass, long count)
    {
        FrameCount += count;
        Append(_runs, new MapRun(frameClass, count));
        if (_runs.Count > maxRuns * 2L)
        {
            Reduce();
        }
    }

    /// <summary>Ends the additions: makes blocks, if the runs are beyond their bound.</summary>
    public void Complete()
    {
        if (IsReduced || _runs.Count > maxRuns)
        {
            Reduce();
        }
    }

    /// <summary>Loses where in its region a page frame is: makes blocks, and sorts the blocks of each region by what they hold.</summary>
    public void HideOrder(int blockFrames, int regionFrames)
    {
        // The numbers of classes are in the order of their first page frames.
        int[] numbers = classes.Sort();
        _runs = _runs.ConvertAll(run => run with { Class = numbers[run.Class] });
        BlockFrames = Math.Max(BlockFrames, blockFrames);
        MakeBlocks(keepsClasses: true);
        List<MapRun> sorted = [];
        foreach (MapRun[][] region in EnumerateBlocks(splitsRuns: true).Select(block => block.ToArray()).Chunk(Math.Max(regionFrames / BlockFrames, 1)))
        {
            foreach (MapRun run in region.OrderBy(block => IsUnused(GetMainUse(block))).ThenBy(GetMainUse).ThenByDescending(block => block.Max(run => run.Count)).ThenBy(block => block.MaxBy(run => run.Count).Class).SelectMany(block => block))
            {
                Append(sorted, run);
            }
        }

        _runs = sorted;
        Complete();
    }

    private void Reduce()
    {
        IsReduced = true;
        BlockFrames = Math.Max(BlockFrames, MinReducedFrames);
        MakeBlocks(keepsClasses: false);
        while (_runs.Count > maxRuns && BlockFrames < FrameCount)
        {
            BlockFrames *= 2;
            MakeBlocks(keepsClasses: false);
        }
    }

    private void MakeBlocks(bool keepsClasses)
    {
        List<MapRun> made = [];
        Dictionary<int, long> counts = [];
        List<MapRun> merged = [];
        foreach (List<MapRun> block in EnumerateBlocks(splitsRuns: false))
        {
            counts.Clear();
            foreach (MapRun run in block)
            {
                CollectionsMarshal.GetValueRefOrAddDefault(counts, run.Class, out _) += run.Count;
            }

            merged.Clear();
            merged.AddRange(counts.Select(count => new MapRun(count.Key, count.Value)));
            merged.Sort(CompareUses);
            for (int i = 0; i < merged.Count; i++)
            {
                MapRun most = merged[i];
                for (; !keepsClasses && i + 1 < merged.Count && GetUse(merged[i + 1]) == GetUse(most); i++)
                {
                    MapRun next = merged[i + 1];
                    most = new MapRun(counts[most.Class] >= next.Count ? most.Class : next.Class, most.Count + next.Count);
                }

                Append(made, most);
            }
        }

        _runs = made;
    }

    private int CompareUses(MapRun a, MapRun b) => GetUse(a) != GetUse(b) ? GetUse(a).CompareTo(GetUse(b)) : a.Class.CompareTo(b.Class);

    /// <summary>Enumerates blocks, in a list that is used again for the next one. A run of several whole blocks can be one.</summary>
    private IEnumerable<List<MapRun>> EnumerateBlocks(bool splitsRuns)
    {
        List<MapRun> block = [];
        long room = BlockFrames;
        foreach (MapRun run in _runs)
        {
            for (long rest = run.Count; rest > 0;)
            {
                bool isWhole = room == BlockFrames && rest >= BlockFrames;
                long count = isWhole && !splitsRuns ? rest - (rest % BlockFrames) : Math.Min(rest, room);
                block.Add(run with { Count = count });
                rest -= count;
                room -= isWhole ? room : count;
                if (room == 0)
                {
                    yield return block;
                    block.Clear();
                    room = BlockFrames;
                }
            }
        }

        if (block.Count > 0)
        {
            yield return block;
        }
    }

    private static bool IsUnused(PageUse use) => use is PageUse.Free or PageUse.Offline or PageUse.Unknown or PageUse.NotMemory;

    private PageUse GetUse(MapRun run) => classes.Items[run.Class].Use;

    private PageUse GetMainUse(MapRun[] block) => block.GroupBy(GetUse).MaxBy(use => use.Sum(run => run.Count))!.Key;

    private static void Append(List<MapRun> runs, MapRun run)
    {
        if (runs.Count > 0 && runs[^1].Class == run.Class)
        {
            ref MapRun last = ref CollectionsMarshal.AsSpan(runs)[^1];
            last = last with { Count = last.Count + run.Count };
        }
        else
        {
            runs.Add(run);
        }
    }
}
