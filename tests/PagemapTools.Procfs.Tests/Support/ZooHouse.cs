using System.Collections.Concurrent;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Animals that the tests of one class only look at: each is started and stopped once.</summary>
public sealed class ZooHouse : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Zoo>> _animals = new(StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (Lazy<Zoo> animal in _animals.Values.Where(animal => animal.IsValueCreated))
        {
            animal.Value.Dispose();
        }
    }

    /// <summary>A stopped animal; skips the test where this machine cannot make it.</summary>
    internal Zoo this[string animal] => _animals.GetOrAdd(animal, name => new(() => Zoo.Start(name).Stop())).Value;
}
