using System.Buffers;

namespace PagemapTools.Procfs.Core;

/// <summary>An array from the shared pool, given back once however often it is disposed.</summary>
internal sealed class RentedArray<T>(int length = 0) : IDisposable
{
    private T[]? _array = ArrayPool<T>.Shared.Rent(length);

    /// <summary>The array; at least as long as was asked for, and with anything in it.</summary>
    public T[] Array => _array ?? throw new ObjectDisposedException(nameof(RentedArray<T>));

    /// <summary>The array, exchanged for a longer one if it is shorter than that; what was in it is lost then.</summary>
    public T[] EnsureCapacity(int length)
    {
        if (Array.Length < length)
        {
            T[] longer = ArrayPool<T>.Shared.Rent(length);
            ArrayPool<T>.Shared.Return(Array);
            _array = longer;
        }

        return Array;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<T>.Shared.Return(array);
        }
    }
}
