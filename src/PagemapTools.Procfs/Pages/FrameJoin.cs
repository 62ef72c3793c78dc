namespace PagemapTools.Procfs;

/// <summary>Fills the columns of a batch from the files that are indexed by page frame number, and hands them to objects.</summary>
internal sealed class FrameJoin(KPageFiles files, KPageFields fields) : IDisposable
{
    // Of these, bit 56 and kpagecount may differ: but for 6.11 to 6.14 the bit of a huge page that is mapped whole is its first page's,
    // and with CONFIG_NO_PAGE_MAPCOUNT (6.15) both speak of the folio, each in its own way; where there is no page, there is no count.
    private const ulong LargeOrNone = (ulong)(KPageFlags.COMPOUND_HEAD | KPageFlags.COMPOUND_TAIL | KPageFlags.HUGE | KPageFlags.THP | KPageFlags.NOPAGE);

    // Counts come last: flags make most of them known, and the runs are then built anew, of those that are left.
    private static readonly KPageFields[] s_order = [KPageFields.Flags, KPageFields.Cgroup, KPageFields.MapCount];

    private readonly KPageFields[] _asked = [.. s_order.Where(field => (fields & field) != 0)];
    private readonly PfnRuns _runs = new();
    private readonly RentedArray<ulong> _uncounted = new();

    public KPageFields Fields => fields;

    /// <summary>The names of cgroups, where they are asked for.</summary>
    private CgroupNames? Cgroups { get; } = (fields & KPageFields.Cgroup) != 0 ? CgroupNames.Default : null;

    public void Read(PageBatch batch)
    {
        if (fields == KPageFields.None || batch.Count == 0)
        {
            return;
        }

        _runs.Build(batch.Pfns);
        foreach (KPageFields field in _asked)
        {
            PageEntryFile file = files.Of(field);
            if (field == KPageFields.MapCount && (fields & KPageFields.Flags) != 0)
            {
                ReadCounts(file, batch);
            }
            else
            {
                _runs.Gather(file, batch.Words(field), Environment.ProcessorCount);
            }

            ForgetBlind(batch, field);
        }
    }

    /// <summary>Writes what was read of a row into its object.</summary>
    public void Describe(PageBatch batch, int row, PageInfo page)
    {
        if (fields == KPageFields.None)
        {
            return;
        }

        batch.CopyWords(row, fields, page);
        if (Cgroups is not null && page.CgroupInode is { } inode)
        {
            page.CgroupPath = Cgroups.PathOf(inode);
        }
    }

    public void Dispose()
    {
        _runs.Dispose();
        _uncounted.Dispose();
    }

    /// <summary>
    /// Of a small folio, bit 56 and kpagecount look at the same field (fs/proc/task_mmu.c, fs/proc/page.c): where the bit says that
    /// this is the only mapping, and the flags that the frame is still mapped, the count is 1. The kernel is asked about the others.
    /// </summary>
    private void ReadCounts(PageEntryFile kpagecount, PageBatch batch)
    {
        ReadOnlySpan<ulong> flags = batch.Words(KPageFields.Flags).Span;
        ulong[] uncounted = _uncounted.AtLeast(batch.Count);
        for (int row = 0; row < flags.Length; row++)
        {
            uncounted[row] = IsCounted(batch.Entry(row), flags[row]) ? PfnRuns.Unknown : batch.Pfn(row);
        }

        Memory<ulong> words = batch.Words(KPageFields.MapCount);
        _runs.Build(uncounted.AsSpan(0, batch.Count));
        _runs.Gather(kpagecount, words, Environment.ProcessorCount);
        Span<ulong> counts = words.Span;
        for (int row = 0; row < counts.Length; row++)
        {
            if (IsCounted(batch.Entry(row), flags[row]))
            {
                counts[row] = 1;
            }
        }
    }

    /// <summary>A page that a process maps is not free, not without flags, not uncounted: where that is said nothing is known.</summary>
    private void ForgetBlind(PageBatch batch, KPageFields field)
    {
        Span<ulong> words = batch.Words(field).Span;
        for (int row = words.IndexOf(0UL); row >= 0 && row < words.Length; row++)
        {
            if (files.Blind.Explain(words[row], batch.Entry(row), batch.Pfn(row)))
            {
                words[row] = field == KPageFields.MapCount && batch.Entry(row).IsExclusive ? 1 : PfnRuns.Unknown;
            }
        }
    }

    // A word that could not be read has all bits set.
    private static bool IsCounted(PagemapEntry entry, ulong flags) =>
        entry.IsPresent && entry.IsExclusive && (flags & (LargeOrNone | (ulong)KPageFlags.MMAP)) == (ulong)KPageFlags.MMAP;
}
