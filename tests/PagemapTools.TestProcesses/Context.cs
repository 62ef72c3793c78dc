namespace PagemapTools.TestProcesses;

/// <summary>All that one test process has made: what is reported, and what must be undone.</summary>
internal sealed class Context(Options options)
{
    private readonly Stack<Action> _undo = new();

    public Options Options => options;

    public List<Region> Regions { get; } = [];

    public List<int> Children { get; } = [];

    /// <summary>Run once the line of this step is on stdout.</summary>
    public Action? AfterReport { get; set; }

    /// <summary>Undone in reverse order: a hugetlb mapping goes before the pool shrinks, a swap area before its file.</summary>
    public void OnExit(Action undo) => _undo.Push(undo);

    public Region Add(string name, MappedRegion mapping) =>
        Add(name, Environment.ProcessId, mapping.Address, mapping.Length);

    public Region Add(string name, int processId, nuint start, long length)
    {
        Region region = new(name, processId, start, length);
        Regions.Add(region);
        return region;
    }

    public Region this[string name] => Regions.First(region => region.Name.Equals(name, StringComparison.Ordinal));

    public void Clear()
    {
        while (_undo.TryPop(out Action? undo))
        {
            try
            {
                undo();
            }
            catch (Exception e) when (e is TestProcessException or IOException or UnauthorizedAccessException)
            {
                Console.Error.WriteLine($"cleaning up: {e.Message}");
            }
        }

        Regions.Clear();
        Children.Clear();
    }
}
