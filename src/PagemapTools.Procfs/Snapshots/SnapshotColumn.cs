using System.Buffers;
using System.Runtime.CompilerServices;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>A column of a table of a snapshot: what it means, and its values in a batch of rows.</summary>
public abstract class SnapshotColumn
{
    private protected SnapshotColumn(string name, string unit, string description)
    {
        Name = name;
        Unit = unit;
        Description = description;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>The unit of the values, such as <c>bytes</c>; <c>text</c> or <c>boolean</c> for what has none.</summary>
    public string Unit { get; }

    /// <summary>What the values are, in one sentence.</summary>
    public string Description { get; }

    /// <summary>Whether a value may be unknown.</summary>
    public bool IsNullable { get; private protected init; }

    /// <summary>How the values follow one another.</summary>
    public SnapshotEncoding Encoding { get; private protected init; }

    internal abstract int Count { get; }

    internal abstract void Clear();

    internal abstract void Dispose();
}

/// <summary>A column of one type. Values that are unknown are not stored; the levels say where they are missing.</summary>
/// <typeparam name="TValue">ulong, long, bool, DateTime (UTC), or <see cref="ReadOnlyMemory{Char}"/> for text.</typeparam>
public sealed class SnapshotColumn<TValue> : SnapshotColumn
    where TValue : struct
{
    private const int MinCapacity = 16;

    private TValue[] _values = ArrayPool<TValue>.Shared.Rent(MinCapacity);
    private int[] _levels = ArrayPool<int>.Shared.Rent(MinCapacity);
    private int _valueCount;
    private int _count;
    private int _takenValues;
    private int _taken;

    internal SnapshotColumn(string name, string unit, string description, bool isNullable, SnapshotEncoding encoding)
        : base(name, unit, description)
    {
        IsNullable = isNullable;
        Encoding = encoding;
    }

    /// <summary>The known values of the batch.</summary>
    public ReadOnlyMemory<TValue> Values => _values.AsMemory(0, _valueCount);

    /// <summary>For each row 1 if its value is known, 0 if it is not; empty unless the column is nullable.</summary>
    public ReadOnlyMemory<int> Levels => IsNullable ? _levels.AsMemory(0, _count) : default;

    internal override int Count => _count;

    /// <summary>Adds the values of a batch that was read.</summary>
    /// <param name="values">A value for each row; null is unknown.</param>
    /// <exception cref="InvalidDataException">A value is unknown, and the column has no unknown values.</exception>
    public void AddRange(ReadOnlySpan<TValue?> values)
    {
        foreach (TValue? value in values)
        {
            if (value is null && !IsNullable)
            {
                throw new InvalidDataException($"The column {Name} lacks values.");
            }

            Add(value);
        }
    }

    internal void Add(TValue value)
    {
        if (_valueCount == _values.Length)
        {
            Grow(ref _values);
        }

        _values[_valueCount++] = value;
        AddLevel(1);
    }

    internal void Add(TValue? value)
    {
        if (value is { } known)
        {
            Add(known);
        }
        else
        {
            AddLevel(0);
        }
    }

    /// <summary>Takes the value of the next row of the batch; null if it is unknown.</summary>
    internal TValue? Take() => IsNullable && _levels[_taken++] == 0 ? null : _values[_takenValues++];

    /// <summary>Takes the value of the next row of a column without unknown values.</summary>
    internal TValue TakeKnown() => _values[_takenValues++];

    internal override void Clear() => (_valueCount, _count, _takenValues, _taken) = (0, 0, 0, 0);

    internal override void Dispose()
    {
        Return(ref _values);
        Return(ref _levels);
        Clear();
    }

    // The arrays of a batch are large objects, which the collector frees late.
    private static void Grow<TItem>(ref TItem[] items)
    {
        TItem[] larger = ArrayPool<TItem>.Shared.Rent(2 * Math.Max(items.Length, MinCapacity));
        items.CopyTo(larger, 0);
        Return(ref items);
        items = larger;
    }

    private static void Return<TItem>(ref TItem[] items)
    {
        ArrayPool<TItem>.Shared.Return(items, RuntimeHelpers.IsReferenceOrContainsReferences<TItem>());
        items = [];
    }

    private void AddLevel(int level)
    {
        if (IsNullable)
        {
            if (_count == _levels.Length)
            {
                Grow(ref _levels);
            }

            _levels[_count] = level;
        }
        else if (level == 0)
        {
            throw new InvalidOperationException($"The column {Name} has no unknown values.");
        }

        _count++;
    }
}
