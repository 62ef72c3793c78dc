namespace PagemapTools.Procfs.Core;

/// <summary>
/// A pipeline of two stages on other threads. While the consumer uses one item, the second stage transforms the next item, and the first
/// stage produces the item after that. Items keep their order. <see cref="Next"/> throws the exception of a stage.
/// </summary>
/// <param name="capacity">The number of items that are prepared ahead of the consumer.</param>
/// <param name="produce">The first stage: an item, or null at the end.</param>
/// <param name="transform">The second stage; null for none.</param>
internal sealed class PrefetchPipeline<T>(int capacity, Func<T?> produce, Action<T>? transform = null) : IDisposable
    where T : class
{
    private readonly TaskScheduler _scheduler = TargetWatch.CurrentOrDefault;
    private readonly Queue<Task<T?>> _ahead = new();
    private Task<T?> _produced = Task.FromResult<T?>(null);
    private Task<T?> _transformed = Task.FromResult<T?>(null);

    /// <summary>Returns the next item; null at the end. From this call on, the pipeline may reuse the item that it returned before.</summary>
    public T? Next()
    {
        while (_ahead.Count < capacity)
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

    /// <summary>Waits for the items that are being prepared, and ignores their failures.</summary>
    public void Dispose() =>
        Task.WhenAll(_ahead).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default).Wait(CancellationToken.None);

    private void Start()
    {
        _produced = ProduceAfter(_produced);
        _transformed = TransformAfter(_transformed, _produced);
        _ahead.Enqueue(_transformed);
    }

    private async Task<T?> ProduceAfter(Task<T?> before)
    {
        await before.ConfigureAwait(false);
        return await StartNew(produce).ConfigureAwait(false);
    }

    private async Task<T?> TransformAfter(Task<T?> before, Task<T?> produced)
    {
        T? item = await produced.ConfigureAwait(false);
        await before.ConfigureAwait(false);
        if (item is not null && transform is not null)
        {
            await StartNew(() => Transform(item)).ConfigureAwait(false);
        }

        return item;
    }

    private T? Transform(T item)
    {
        transform!(item);
        return item;
    }

    // The scheduler is that of the thread that created the pipeline: the stages of a target run on threads that can be left behind.
    private Task<T?> StartNew(Func<T?> stage) => Task.Factory.StartNew(stage, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler);
}
