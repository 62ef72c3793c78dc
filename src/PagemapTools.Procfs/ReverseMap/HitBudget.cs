namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Bounds the number of hits that wait for the consumer, over all processes. Safe to use from several threads.</summary>
/// <param name="max">The maximum number of hits; each takes 24 bytes.</param>
internal sealed class HitBudget(int max = HitBudget.DefaultMax)
{
    /// <summary>24 MiB of hits.</summary>
    public const int DefaultMax = 1 << 20;

    private int _free = max;

    /// <summary>Reserves room for hits; false if there is none.</summary>
    public bool TryReserve(int hits)
    {
        if (Interlocked.Add(ref _free, -hits) >= 0)
        {
            return true;
        }

        Release(hits);
        return false;
    }

    public void Release(int hits) => Interlocked.Add(ref _free, hits);
}
