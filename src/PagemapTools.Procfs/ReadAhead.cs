namespace PagemapTools.Procfs;

/// <summary>
/// Makes items on other threads, in order, while the last one is looked at. An item may have a second step, which the next item's
/// first step does not wait for; but no item waits for whoever asks before it has had both. What a step throws, asking throws.
/// </summary>
/// <param name="depth">How many items are made ahead; one more is looked at.</param>
/// <param name="make">The first step: an item, or null when there is none left.</param>
/// <param name="finish">The second step; null for none.</param>
internal sealed class ReadAhead<T>(int depth, Func<T?> make, Action<T>? finish = null) : IDisposable
    where T : class
{
    private readonly Queue<Task<T?>> _ahead = new();
    private Task<T?> _made = Task.FromResult<T?>(null);
    private Task<T?> _finished = Task.FromResult<T?>(null);

    /// <summary>The next item; null at the end. The item before it may be made anew from now on.</summary>
    public T? Next()
    {
        while (_ahead.Count < depth)
        {
            Start();
        }

        T? item = _ahead.Dequeue().GetAwaiter().GetResult();
        if (item is not null)
        {
            Start();
        }

        return item;
    }

    /// <summary>Waits for what is being made. What fails in an item that nobody asks for any more concerns nobody.</summary>
    public void Dispose() =>
        Task.WhenAll(_ahead).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);

    private void Start()
    {
        _made = MakeAfter(_made);
        _finished = FinishAfter(_finished, _made);
        _ahead.Enqueue(_finished);
    }

    private async Task<T?> MakeAfter(Task<T?> before)
    {
        await before.ConfigureAwait(false);
        return await Task.Run(make).ConfigureAwait(false);
    }

    private async Task<T?> FinishAfter(Task<T?> before, Task<T?> made)
    {
        T? item = await made.ConfigureAwait(false);
        await before.ConfigureAwait(false);
        if (item is not null && finish is not null)
        {
            await Task.Run(() => finish(item)).ConfigureAwait(false);
        }

        return item;
    }
}
