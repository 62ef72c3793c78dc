using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>
/// Reads all page frames as runs of those that are alike. Several threads read sections of memory ahead, because the kernel computes each
/// word; the calling thread makes the runs, in the order of page frame numbers.
/// </summary>
/// <param name="procfs">The machine.</param>
/// <param name="includeMapCounts">Whether map counts are read.</param>
internal sealed class FrameRunReader(ProcfsContext procfs, bool includeMapCounts = true)
{
    // More would wait for the one thread that makes the runs, and each section takes at most 0.8 MB.
    private const int MaxSectionsAhead = 8;

    // No folio crosses the end of a section, except hugetlb pages, each of whose frames has the flag.
    private static readonly int s_sectionFrames = PageGeometry.SectionFrames;

    private readonly PageIndexedFile _flags = procfs.Frames.Get(FrameProperties.Flags);
    private readonly PageIndexedFile? _mapCounts = includeMapCounts ? procfs.Frames.TryGet(FrameProperties.MapCount) : null;
    private readonly PageIndexedFile? _cgroups = procfs.Frames.TryGet(FrameProperties.Cgroup);

    /// <summary>The words of a section of memory. Those of a file that is missing, or shorter, are <see cref="PfnBatchReader.NoValue"/>.</summary>
    private sealed class Section
    {
        public ulong[] Flags { get; } = new ulong[s_sectionFrames];

        public ulong[] MapCounts { get; } = new ulong[s_sectionFrames];

        public ulong[] Cgroups { get; } = new ulong[s_sectionFrames];

        public ulong First { get; set; }

        public int Count { get; set; }
    }

    /// <summary>Reads the runs. Reading begins with the enumeration.</summary>
    /// <exception cref="ProcfsException">A read failed.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public IEnumerable<FrameRun> Read(CancellationToken cancellationToken)
    {
        FrameRun? open = null;
        List<FrameRun> runs = [];
        foreach (Section section in ReadSections(cancellationToken))
        {
            AddRuns(section, runs);
            foreach (FrameRun run in runs)
            {
                if (open is not { } before)
                {
                    open = run;
                }
                else if (before.IsContinuedBy(run))
                {
                    open = before with { Count = before.Count + run.Count };
                }
                else
                {
                    yield return before;
                    open = run;
                }
            }

            runs.Clear();
        }

        if (open is { } last)
        {
            yield return last;
        }
    }

    private IEnumerable<Section> ReadSections(CancellationToken cancellationToken)
    {
        Queue<Task<Section>> ahead = new();
        ulong next = 0;
        for (int i = 0; i <= Math.Min(Environment.ProcessorCount, MaxSectionsAhead); i++)
        {
            Start(new Section());
        }

        try
        {
            while (ahead.TryDequeue(out Task<Section>? reading))
            {
                Section section = reading.GetAwaiter().GetResult();
                yield return section;
                if (section.Count < s_sectionFrames)
                {
                    yield break;
                }

                Start(section);
            }
        }
        finally
        {
            Task.WhenAll(ahead).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
        }

        void Start(Section section)
        {
            section.First = next;
            next += (ulong)s_sectionFrames;
            ahead.Enqueue(Task.Run(() => Read(section), cancellationToken));
        }
    }

    private Section Read(Section section)
    {
        section.Count = _flags.Read(section.First, section.Flags);
        Read(_mapCounts, section.First, section.MapCounts.AsSpan(0, section.Count));
        Read(_cgroups, section.First, section.Cgroups.AsSpan(0, section.Count));
        return section;
    }

    private static void Read(PageIndexedFile? file, ulong first, Span<ulong> words) =>
        words[(file?.Read(first, words) ?? 0)..].Fill(PfnBatchReader.NoValue);

    private void AddRuns(Section section, List<FrameRun> runs)
    {
        ReadOnlySpan<ulong> flags = section.Flags.AsSpan(0, section.Count);
        if (!flags.ContainsAnyExcept(0UL))
        {
            // The kernel shows 0 for memory that it has not initialised, and since 6.18 for addresses without memory.
            PageUse use = procfs.Nodes.HasBlock(section.First) == false ? PageUse.NotMemory : PageUse.Unknown;
            runs.AddRange(flags.IsEmpty ? [] : [new FrameRun(section.First, section.Count, null, use, null, null)]);
            return;
        }

        FrameRuns alike = new(flags, section.Cgroups.AsSpan(0, section.Count));
        while (alike.MoveNext())
        {
            ReadOnlySpan<ulong> counts = section.MapCounts.AsSpan(alike.First, alike.Length);
            for (int i = 0; i < counts.Length;)
            {
                int length = counts[i..].IndexOfAnyExcept(counts[i]);
                length = length < 0 ? counts.Length - i : length;
                runs.Add(new FrameRun(section.First + (ulong)(alike.First + i), length, alike.Flags, alike.Use, GetValue(counts[i]), GetValue(alike.InheritedOther)));
                i += length;
            }
        }
    }

    private static ulong? GetValue(ulong word) => word == PfnBatchReader.NoValue ? null : word;
}
