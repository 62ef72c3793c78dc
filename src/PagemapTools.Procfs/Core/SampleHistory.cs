namespace PagemapTools.Procfs.Core;

/// <summary>
/// Retains the values of the last sample, to compare the next one with them. What a sample no longer has is forgotten at its end, so the
/// memory is that of two samples. Not safe to use from several threads.
/// </summary>
internal sealed class SampleHistory<TKey, TValue>
    where TKey : notnull
    where TValue : class
{
    private Dictionary<TKey, TValue> _before = [];
    private Dictionary<TKey, TValue> _now = [];

    /// <summary>The time of this sample.</summary>
    public DateTime Timestamp { get; private set; }

    /// <summary>Begins a sample.</summary>
    public void BeginSample(DateTime timestamp)
    {
        Timestamp = timestamp;
        (_before, _now) = (_now, _before);
        _now.Clear();
    }

    /// <summary>Stores a value of this sample, and returns the value of the sample before; null if that did not have the key.</summary>
    public TValue? Exchange(TKey key, TValue value)
    {
        _now[key] = value;
        return _before.GetValueOrDefault(key);
    }
}
