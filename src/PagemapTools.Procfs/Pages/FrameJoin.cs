namespace PagemapTools.Procfs;

/// <summary>Fills the columns of a batch from the files that are indexed by page frame number, and hands them to objects.</summary>
internal sealed class FrameJoin(KPageFiles files, KPageFields fields) : IDisposable
{
    private const int RowsWorthThreads = 4096;

    private readonly KPageFields[] _asked = [.. KPageFiles.EachField.Where(field => (fields & field) != 0)];
    private readonly PfnRuns _runs = new(PageBatch.Capacity);

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
        if (batch.Count < RowsWorthThreads || _asked.Length == 1)
        {
            foreach (KPageFields field in _asked)
            {
                _runs.Gather(files.Of(field), batch.Words(field));
            }

            return;
        }

        // Opened here, where a failure is thrown as it is; read side by side, for the kernel takes its time over each word.
        (PageEntryFile File, KPageFields Field)[] opened = [.. _asked.Select(field => (files.Of(field), field))];
        SideBySide.Run(opened.Length, i => _runs.Gather(opened[i].File, batch.Words(opened[i].Field)), CancellationToken.None);
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

    public void Dispose() => _runs.Dispose();
}
