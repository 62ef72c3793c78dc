using System.Runtime.InteropServices;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.MemoryUse;

/// <summary>What the page frames of a survey are grouped by.</summary>
internal enum SurveyKey
{
    None,
    Cgroup,
    Node,
}

/// <summary>
/// Counts all page frames by their use, in one pass over kpageflags on several threads, and by cgroup or node if that is requested. The memory
/// of a survey is 136 bytes for each cgroup or node.
/// </summary>
internal sealed class FrameSurvey(ProcfsContext procfs, SurveyKey key, FlagFilter? filter = null)
{
    /// <summary>The key of page frames that belong to no node that is known.</summary>
    public const ulong NoKey = ulong.MaxValue;

    // No folio crosses the end of a section, except hugetlb pages, each of whose frames has the flag.
    private static readonly int s_chunkFrames = PageGeometry.SectionFrames;

    // The kernel has no more than 65,535 memory cgroups (mm/memcontrol.c, MEM_CGROUP_ID_MAX).
    private const int MaxKeys = 1024 * 1024;

    private readonly PageIndexedFile _flags = procfs.Frames.Get(FrameProperties.Flags);
    private readonly PageIndexedFile? _cgroups = key == SurveyKey.Cgroup ? procfs.Frames.Get(FrameProperties.Cgroup) : null;
    private readonly Dictionary<ulong, UseCounts> _total = [];

    /// <summary>Counts all page frames.</summary>
    /// <returns>The counts by the inode of the cgroup, by the node, or in one group with the key 0.</returns>
    /// <exception cref="ProcfsException">A read failed.</exception>
    public IReadOnlyDictionary<ulong, UseCounts> Run(IProgress<ulong>? progress, CancellationToken cancellationToken)
    {
        long next = 0;
        ParallelRunner.Run(Environment.ProcessorCount, _ =>
        {
            using RentedArray<ulong> words = new(s_chunkFrames);
            using RentedArray<ulong> cgroups = new(_cgroups is null ? 0 : s_chunkFrames);
            Dictionary<ulong, UseCounts> counts = [];
            int read;
            do
            {
                cancellationToken.ThrowIfCancellationRequested();
                ulong first = (ulong)Interlocked.Add(ref next, s_chunkFrames) - (ulong)s_chunkFrames;
                read = _flags.Read(first, words.Array.AsSpan(0, s_chunkFrames));
                AddChunk(counts, first, words.Array.AsSpan(0, read), ReadCgroups(first, cgroups.Array, read));
                progress?.Report(first + (ulong)read);
            }
            while (read == s_chunkFrames);

            Merge(counts);
        }, cancellationToken);
        return _total;
    }

    /// <summary>Classifies a section whose words are all 0.</summary>
    internal static PageUse ClassifyUntracked(ProcfsContext procfs, ulong first) => procfs.Nodes.HasBlock(first) == false ? PageUse.NotMemory : PageUse.Unknown;

    private ReadOnlySpan<ulong> ReadCgroups(ulong first, ulong[] words, int count)
    {
        if (_cgroups is null)
        {
            return [];
        }

        int read = _cgroups.Read(first, words.AsSpan(0, count));
        words.AsSpan(read, count - read).Clear();
        return words.AsSpan(0, count);
    }

    private void AddChunk(Dictionary<ulong, UseCounts> counts, ulong first, ReadOnlySpan<ulong> words, ReadOnlySpan<ulong> cgroups)
    {
        if (!words.ContainsAnyExcept(0UL))
        {
            // The kernel shows 0 for memory that it has not initialised, and since 6.18 for addresses without memory.
            Add(counts, key == SurveyKey.Node ? GetNode(first) : 0, 0, ClassifyUntracked(procfs, first), words.Length);
            return;
        }

        FrameRuns runs = new(words, cgroups);
        while (runs.MoveNext())
        {
            Add(counts, key == SurveyKey.Node ? GetNode(first + (ulong)runs.First) : runs.InheritedOther, runs.Flags, runs.Use, runs.Length);
        }
    }

    private void Add(Dictionary<ulong, UseCounts> counts, ulong group, ulong word, PageUse use, int frames)
    {
        if (filter is not null && !filter.Matches(word, default, rawFlags: false))
        {
            return;
        }

        ref UseCounts? found = ref CollectionsMarshal.GetValueRefOrAddDefault(counts, group, out bool isKnown);
        found ??= new UseCounts();
        found.Add(use, word, frames);
        if (!isKnown && counts.Count > MaxKeys)
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"These are no cgroups: more than {MaxKeys} different inodes occur.", KPageFiles.GetFileName(FrameProperties.Cgroup));
        }
    }

    private ulong GetNode(ulong pfn) => procfs.Nodes.Find(pfn) is { } node ? (ulong)node : NoKey;

    private void Merge(Dictionary<ulong, UseCounts> counts)
    {
        lock (_total)
        {
            foreach ((ulong group, UseCounts added) in counts)
            {
                if (!_total.TryGetValue(group, out UseCounts? total))
                {
                    _total.Add(group, total = new UseCounts());
                }

                total.Add(added);
            }
        }
    }
}
