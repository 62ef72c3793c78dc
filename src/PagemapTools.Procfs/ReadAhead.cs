namespace PagemapTools.Procfs;

/// <summary>Makes the next item on another thread while the last one is looked at. What making it throws, asking for it throws.</summary>
/// <param name="make">Makes an item, or null when there is none left; not called again after that.</param>
internal sealed class ReadAhead<T>(Func<T?> make) : IDisposable
    where T : class
{
    private Task<T?>? _ahead;

    /// <summary>The next item; null at the end.</summary>
    public T? Next()
    {
        T? item = _ahead is null ? make() : _ahead.GetAwaiter().GetResult();
        _ahead = item is null ? Task.FromResult<T?>(null) : Task.Run(make);
        return item;
    }

    /// <summary>Waits for what is being made. What fails in an item that nobody asks for any more concerns nobody.</summary>
    public void Dispose() =>
        _ahead?.ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);
}
