namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Counts the mappings of each page frame that were found. Safe to use from several threads. It takes 8 bytes a frame.</summary>
/// <param name="wanted">The number of mappings of each frame after which no more are wanted.</param>
internal sealed class MappingCounts(IReadOnlyList<int> wanted)
{
    private readonly int[] _wanted = [.. wanted];
    private readonly int[] _found = new int[wanted.Count];
    private int _incomplete = wanted.Count;

    /// <summary>Whether the wanted number of mappings of every frame was found.</summary>
    public bool IsComplete => Volatile.Read(ref _incomplete) == 0;

    public IReadOnlyList<int> Found => _found;

    /// <summary>Creates counts that are complete when one mapping of each frame is found.</summary>
    public static MappingCounts CreateForFirstMappings(int frames) => new([.. Enumerable.Repeat(1, frames)]);

    /// <summary>Counts a mapping of a frame.</summary>
    public void Add(int frame)
    {
        if (Interlocked.Increment(ref _found[frame]) == _wanted[frame])
        {
            Interlocked.Decrement(ref _incomplete);
        }
    }
}
