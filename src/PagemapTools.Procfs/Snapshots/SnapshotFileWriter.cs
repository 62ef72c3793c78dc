namespace PagemapTools.Procfs.Snapshots;

/// <summary>
/// Writes one file of a snapshot, in batches of rows: while one batch is encoded on another thread, the next one fills. The file has its
/// name only after <see cref="Commit"/>.
/// </summary>
internal sealed class SnapshotFileWriter<TRows> : ISnapshotFileWriter
    where TRows : SnapshotRows
{
    // The rows of a group of Parquet: enough for good compression, and few enough that two batches and their encoding stay small.
    private const int MaxRows = 8 * 1024;

    private readonly string _table;
    private readonly string _path;
    private readonly ReplacedFile _file;
    private readonly ISnapshotWriter _writer;
    private TRows _spare;
    private Task _writing = Task.CompletedTask;
    private long _rowCount;

    /// <summary>Begins a file.</summary>
    /// <param name="table">The name of the table.</param>
    /// <param name="path">The path, in a directory that exists.</param>
    /// <param name="format">The format.</param>
    /// <param name="createRows">Creates an empty batch.</param>
    public SnapshotFileWriter(string table, string path, ISnapshotFormat format, Func<TRows> createRows)
    {
        (_table, _path, Rows, _spare) = (table, path, createRows(), createRows());
        _file = new ReplacedFile(path);
        _writer = format.CreateWriter(_file.Stream, Rows.Columns, SnapshotSchema.Describe(table, Rows.Columns));
    }

    /// <summary>The batch that fills.</summary>
    public TRows Rows { get; private set; }

    /// <summary>Hands the batch over if it is full. Call this after each row.</summary>
    /// <returns>Whether the batch was full.</returns>
    public bool FlushIfFull()
    {
        if (Rows.Count < MaxRows)
        {
            return false;
        }

        Flush();
        return true;
    }

    /// <inheritdoc/>
    public void Complete()
    {
        Flush();
        _writing.GetAwaiter().GetResult();
        _writer.Complete();
        _file.Flush();
        Rows.Dispose();
        _spare.Dispose();
    }

    /// <inheritdoc/>
    public SnapshotFile Commit()
    {
        long length = _file.Stream.Length;
        _file.Commit();
        return new SnapshotFile(_table, _path, _rowCount, length);
    }

    /// <summary>Removes the file, unless it has its name.</summary>
    public void Dispose()
    {
        ((IAsyncResult)_writing).AsyncWaitHandle.WaitOne();
        _file.Dispose();
        Rows.Dispose();
        _spare.Dispose();
    }

    private void Flush()
    {
        _writing.GetAwaiter().GetResult();
        if (Rows.Count == 0)
        {
            return;
        }

        TRows full = Rows;
        _rowCount += full.Count;
        (Rows, _spare) = (_spare, full);
        _writing = Task.Run(() =>
        {
            _writer.Write(full.Columns);
            full.Clear();
        });
    }
}

/// <summary>A file of a snapshot that has not yet got its name.</summary>
internal interface ISnapshotFileWriter : IDisposable
{
    /// <summary>Writes what is left and the end of the file, flushes it to the disk, and returns the memory of its batches.</summary>
    void Complete();

    /// <summary>Gives the file its name.</summary>
    SnapshotFile Commit();
}
