namespace PagemapTools;

/// <summary>Reports a count on the thread that counts. Progress&lt;T&gt; would report on another thread.</summary>
internal sealed class CountProgress(Action<int> show) : IProgress<int>
{
    public void Report(int value) => show(value);
}
