using System.IO.Compression;
using Parquet;
using Parquet.Schema;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet;

/// <summary>
/// The tables of a snapshot as Parquet: unsigned 64-bit integers with their logical type, moments in milliseconds of UTC, delta and
/// dictionary encodings, zstd.
/// </summary>
public sealed class ParquetFormat : ISnapshotFormat
{
    // The library keeps buffers for reuse, by default as many as 80 MB.
    private const int MaxFreeBytes = 4 << 20;

    /// <inheritdoc/>
    public string Extension => ".parquet";

    /// <inheritdoc/>
    public ISnapshotWriter CreateWriter(Stream stream, IReadOnlyList<SnapshotColumn> columns, IReadOnlyDictionary<string, string> metadata)
    {
        DataField[] fields = [.. columns.Select(CreateField)];
        ParquetSchema schema = new(fields);
        ParquetWriter writer = ParquetWriter.CreateAsync(schema, stream, CreateOptions(columns)).GetAwaiter().GetResult();
        writer.CustomMetadata = metadata;
        return new ParquetFileWriter(writer, fields);
    }

    /// <inheritdoc/>
    public ISnapshotReader OpenReader(string path)
    {
        try
        {
            return new ParquetFileReader(ParquetReader.CreateAsync(path).GetAwaiter().GetResult());
        }
        catch (Exception damage) when (IsDamage(damage))
        {
            throw new InvalidDataException(damage.Message, damage);
        }
    }

    // A damaged file ends in exceptions of any kind: the library trusts what the file says.
    internal static bool IsDamage(Exception failure) => failure is not (IOException or UnauthorizedAccessException or OutOfMemoryException or InvalidDataException);

    private static ParquetOptions CreateOptions(IReadOnlyList<SnapshotColumn> columns)
    {
        ParquetOptions options = new()
        {
            CompressionMethod = CompressionMethod.Zstd,
            CompressionLevel = CompressionLevel.Fastest,
            MaximumSmallPoolFreeBytes = MaxFreeBytes,
            MaximumLargePoolFreeBytes = MaxFreeBytes,
        };
        foreach (SnapshotColumn column in columns)
        {
            options.ColumnEncodingHints[column.Name] = column.Encoding switch
            {
                SnapshotEncoding.Delta => EncodingHint.DeltaBinaryPacked,
                SnapshotEncoding.Dictionary => EncodingHint.Dictionary,
                _ => EncodingHint.Default,
            };
        }

        return options;
    }

    private static DataField CreateField(SnapshotColumn column) => column switch
    {
        // Not microseconds: the library (6.1.0) writes the statistics of every timestamp in milliseconds, and engines skip rows by them.
        SnapshotColumn<DateTime> => new DateTimeDataField(column.Name, DateTimeFormat.Timestamp, isAdjustedToUTC: true, DateTimeTimeUnit.Millis, column.IsNullable),
        SnapshotColumn<ulong> => new DataField(column.Name, typeof(ulong), column.IsNullable),
        SnapshotColumn<long> => new DataField(column.Name, typeof(long), column.IsNullable),
        SnapshotColumn<bool> => new DataField(column.Name, typeof(bool), column.IsNullable),
        SnapshotColumn<ReadOnlyMemory<char>> => new DataField(column.Name, typeof(string), column.IsNullable),
        _ => throw new NotSupportedException($"The column {column.Name} has a type that the format does not have."),
    };
}
