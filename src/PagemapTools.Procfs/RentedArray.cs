using System.Buffers;

namespace PagemapTools.Procfs;

/// <summary>An array from the shared pool, given back once however often it is disposed.</summary>
internal sealed class RentedArray<T>(int length) : IDisposable
{
    private T[]? _array = ArrayPool<T>.Shared.Rent(length);

    /// <summary>The array; at least as long as was asked for.</summary>
    public T[] Items => _array ?? throw new ObjectDisposedException(nameof(RentedArray<T>));

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _array, null) is { } array)
        {
            ArrayPool<T>.Shared.Return(array);
        }
    }
}
