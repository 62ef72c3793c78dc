using System.Buffers;

namespace PagemapTools.Procfs.Core;

/// <summary>An array from the shared pool. The first <see cref="Dispose"/> returns it to the pool; further calls do nothing.</summary>
internal sealed class RentedArray<T>(int length = 0) : IDisposable
{
    private T[]? _array = ArrayPool<T>.Shared.Rent(length);

    /// <summary>The array. It is at least as long as requested, and its content is undefined.</summary>
    public T[] Array => _array ?? throw new ObjectDisposedException(nameof(RentedArray<T>));

    /// <summary>Returns an array of at least this length. If the current one is shorter, a longer one replaces it, and its content is lost.</summary>
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
