using System.Collections.Concurrent;

namespace PagemapTools.TestSupport;

/// <summary>Test processes that the tests of one class share and only read; each starts and stops once.</summary>
public sealed class SharedTargets : IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<TargetProcess>> _targets = new(StringComparer.Ordinal);

    public void Dispose()
    {
        foreach (Lazy<TargetProcess> target in _targets.Values.Where(target => target.IsValueCreated))
        {
            target.Value.Dispose();
        }
    }

    /// <summary>Gets a stopped test process; skips the test if this machine cannot make the process.</summary>
    internal TargetProcess this[string kind] => _targets.GetOrAdd(kind, name => new(() => TargetProcess.Start(name).Stop())).Value;
}
