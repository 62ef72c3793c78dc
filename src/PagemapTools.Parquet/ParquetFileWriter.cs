using Parquet;
using Parquet.Schema;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet;

/// <summary>Writes one file: a row group for each batch of rows. Its calls wait for the library's, which complete on the calling thread.</summary>
internal sealed class ParquetFileWriter(ParquetWriter writer, DataField[] fields) : ISnapshotWriter
{
    // The library (6.1.0) allocates dictionaries and buffers for each column of each group, 1.6 MB for a group of page frames. The collector
    // lets them grow to the size of the processor's cache, which may be 256 MB. A collection of the young generations is short.
    private const int GroupsPerCollection = 4;

    private int _groupCount;

    /// <inheritdoc/>
    public void Write(IReadOnlyList<SnapshotColumn> columns)
    {
        WriteAsync(columns).GetAwaiter().GetResult();
        if (++_groupCount % GroupsPerCollection == 0)
        {
            GC.Collect(1, GCCollectionMode.Forced, blocking: true);
        }
    }

    /// <inheritdoc/>
    public void Complete() => writer.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task WriteAsync(IReadOnlyList<SnapshotColumn> columns)
    {
        using ParquetRowGroupWriter group = writer.CreateRowGroup();
        foreach ((DataField field, SnapshotColumn column) in fields.Zip(columns))
        {
            await (column switch
            {
                SnapshotColumn<DateTime> moments => WriteAsync(group, field, moments),
                SnapshotColumn<ulong> words => WriteAsync(group, field, words),
                SnapshotColumn<long> numbers => WriteAsync(group, field, numbers),
                SnapshotColumn<bool> flags => WriteAsync(group, field, flags),
                SnapshotColumn<ReadOnlyMemory<char>> texts => WriteAsync(group, field, texts),
                _ => throw new NotSupportedException($"The column {column.Name} has a type that the format does not have."),
            }).ConfigureAwait(false);
        }

        group.CompleteValidate();
    }

    private static Task WriteAsync<T>(ParquetRowGroupWriter group, DataField field, SnapshotColumn<T> column)
        where T : struct =>
        group.WriteAllPartsAsync(field, column.Values, column.IsNullable ? column.Levels : (ReadOnlyMemory<int>?)null, repetitionLevels: null, CancellationToken.None);
}
