namespace PagemapTools.TestProcesses;

/// <summary>The regions and children of one test process, and the actions that undo its changes.</summary>
internal sealed class Context(Options options)
{
    private readonly Stack<Action> _undo = new();

    public Options Options => options;

    public List<Region> Regions { get; } = [];

    public List<int> Children { get; } = [];

    /// <summary>The facilities of the machine that the process has locked.</summary>
    public HashSet<string> Facilities { get; } = new(StringComparer.Ordinal);

    /// <summary>The action to run after the report of this step is on stdout.</summary>
    public Action? AfterReport { get; set; }

    /// <summary>Adds an undo action. They run in reverse order: unmap hugetlb pages before the pool shrinks, swapoff before the file is removed.</summary>
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

        Facilities.Clear();
        Regions.Clear();
        Children.Clear();
    }
}
