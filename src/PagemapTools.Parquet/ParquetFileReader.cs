using Parquet;
using Parquet.Schema;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet;

/// <summary>Reads one file: a batch of rows for each row group. Its calls wait for the library's, which complete on the calling thread.</summary>
internal sealed class ParquetFileReader(ParquetReader reader) : ISnapshotReader
{
    private int _group;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Metadata => reader.CustomMetadata;

    /// <inheritdoc/>
    public bool Read(IReadOnlyList<SnapshotColumn> columns)
    {
        if (_group == reader.RowGroupCount)
        {
            return false;
        }

        try
        {
            ReadAsync(_group++, columns).GetAwaiter().GetResult();
            return true;
        }
        catch (Exception damage) when (ParquetFormat.IsDamage(damage))
        {
            throw new InvalidDataException(damage.Message, damage);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => reader.DisposeAsync().AsTask().GetAwaiter().GetResult();

    private async Task ReadAsync(int index, IReadOnlyList<SnapshotColumn> columns)
    {
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(index);
        DataField[] fields = reader.Schema.GetDataFields();
        foreach (SnapshotColumn column in columns)
        {
            DataField? field = Array.Find(fields, field => field.Name == column.Name);
            await (column switch
            {
                SnapshotColumn<DateTime> moments => ReadAsync(group, field, moments),
                SnapshotColumn<ulong> words => ReadAsync(group, field, words),
                SnapshotColumn<long> numbers => ReadAsync(group, field, numbers),
                SnapshotColumn<bool> flags => ReadAsync(group, field, flags),
                SnapshotColumn<ReadOnlyMemory<char>> texts => ReadAsync(group, field, texts),
                _ => throw new NotSupportedException($"The column {column.Name} has a type that the format does not have."),
            }).ConfigureAwait(false);
        }
    }

    private static async Task ReadAsync<T>(ParquetRowGroupReader group, DataField? field, SnapshotColumn<T> column)
        where T : struct
    {
        T?[] values = new T?[group.RowCount];
        if (field is { IsNullable: true })
        {
            await group.ReadAsync<T>(field, values.AsMemory()).ConfigureAwait(false);
        }
        else if (field is not null)
        {
            T[] known = new T[group.RowCount];
            await group.ReadAsync<T>(field, known.AsMemory()).ConfigureAwait(false);
            values = Array.ConvertAll(known, value => (T?)value);
        }

        column.AddRange(values);
    }

    private static async Task ReadAsync(ParquetRowGroupReader group, DataField? field, SnapshotColumn<ReadOnlyMemory<char>> column)
    {
        string?[] texts = new string?[group.RowCount];
        if (field is not null)
        {
            await group.ReadAsync(field, texts.AsMemory()!).ConfigureAwait(false);
        }

        column.AddRange(Array.ConvertAll(texts, text => text is null ? (ReadOnlyMemory<char>?)null : text.AsMemory()));
    }
}
