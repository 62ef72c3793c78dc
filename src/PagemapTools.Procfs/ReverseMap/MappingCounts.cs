namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Counts the mappings of each page frame that were found. Safe to use from several threads. It takes 4 bytes a frame.</summary>
/// <param name="wanted">The number of mappings of each frame after which no more are wanted.</param>
internal sealed class MappingCounts(IReadOnlyList<int> wanted)
{
    private readonly object _lock = new();
    private readonly int[] _lacking = [.. wanted];
    private int _incomplete = wanted.Count;

    /// <summary>Whether the wanted number of mappings of every frame was found.</summary>
    public bool IsComplete => Volatile.Read(ref _incomplete) == 0;

    /// <summary>Creates counts that are complete when one mapping of each frame is found.</summary>
    public static MappingCounts CreateForFirstMappings(int frames) => new([.. Enumerable.Repeat(1, frames)]);

    /// <summary>Gets the number of mappings of a frame that were found.</summary>
    public int GetFound(int frame) => wanted[frame] - _lacking[frame];

    /// <summary>Counts a mapping of each of the frames. One lock for many costs less than an interlocked addition for each.</summary>
    public void Add(ReadOnlySpan<int> frames)
    {
        lock (_lock)
        {
            int completed = 0;
            foreach (int frame in frames)
            {
                completed += --_lacking[frame] == 0 ? 1 : 0;
            }

            _incomplete -= completed;
        }
    }
}
