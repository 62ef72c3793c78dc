using System.Runtime.CompilerServices;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>A batch of rows of one table. A class for each table defines the columns and adds the rows.</summary>
internal abstract class SnapshotRows : IDisposable
{
    private readonly List<SnapshotColumn> _columns = [];
    private readonly SnapshotColumn<DateTime> _time;

    protected SnapshotRows() => _time = Define<DateTime>("time", "UTC", "When the snapshot began; all rows of a snapshot have the same time.");

    /// <summary>When the snapshot began.</summary>
    public DateTime Time { get; init; }

    public IReadOnlyList<SnapshotColumn> Columns => _columns;

    public int Count => _time.Count;

    public void Clear() => _columns.ForEach(column => column.Clear());

    /// <summary>Returns the memory of the batch to its pool.</summary>
    public void Dispose() => _columns.ForEach(column => column.Dispose());

    /// <summary>Ends a row: each other column has got its value.</summary>
    protected void EndRow() => _time.Add(Time);

    /// <summary>Takes the moment of the next row.</summary>
    protected DateTime TakeTime() => _time.TakeKnown();

    protected SnapshotColumn<T> Define<T>(string name, string unit, string description, SnapshotEncoding encoding = SnapshotEncoding.Plain)
        where T : struct => Add(new SnapshotColumn<T>(name, unit, description, isNullable: false, encoding));

    protected SnapshotColumn<T> DefineNullable<T>(string name, string unit, string description, SnapshotEncoding encoding = SnapshotEncoding.Plain)
        where T : struct => Add(new SnapshotColumn<T>(name, unit, description, isNullable: true, encoding));

    protected SnapshotColumn<ReadOnlyMemory<char>> DefineText(string name, string description) =>
        DefineNullable<ReadOnlyMemory<char>>(name, "text", description, SnapshotEncoding.Dictionary);

    protected static ReadOnlyMemory<char>? ToText(string? text) => text?.AsMemory();

    protected static string? TakeText(SnapshotColumn<ReadOnlyMemory<char>> column) => column.Take()?.ToString();

    private SnapshotColumn<T> Add<T>(SnapshotColumn<T> column)
        where T : struct
    {
        _columns.Add(column);
        return column;
    }
}

/// <summary>The names of the members of an enumeration as text, each made once: rows have them by the million.</summary>
internal static class EnumText<T>
    where T : struct, Enum
{
    private static readonly ReadOnlyMemory<char>[] s_names = [.. Enum.GetValues<T>().Select(value => value.ToString().AsMemory())];

    /// <summary>Gets the name of a value. The values begin with 0 and have no gaps.</summary>
    public static ReadOnlyMemory<char> Get(T value) => s_names[Unsafe.As<T, long>(ref value)];

    /// <summary>Finds the value with a name; null if there is none, because a later version of the module wrote it.</summary>
    public static T? Find(ReadOnlyMemory<char>? name)
    {
        long value = name is { } text ? Array.FindIndex(s_names, known => known.Span.SequenceEqual(text.Span)) : -1;
        return value < 0 ? null : Unsafe.As<long, T>(ref value);
    }
}
