namespace PagemapTools.Procfs.SharedObjects;

/// <summary>An object that processes map or hold, with the ids of these processes in ascending order.</summary>
internal sealed class HeldObject(Holding first, int processId)
{
    public Holding First => first;

    /// <summary>The first process that maps or holds the object.</summary>
    public int ProcessId => processId;

    public List<int> MappedBy { get; } = [];

    public List<int> HeldBy { get; } = [];

    public FileDetails? Details { get; set; } = first.Details;

    public string? Link { get; set; } = first.Link;

    /// <summary>Whether the object has been returned.</summary>
    public bool IsReported { get; set; }
}

/// <summary>The objects that processes map or hold. It grows with their number, not with their size.</summary>
internal sealed class ObjectTable
{
    private readonly Dictionary<ObjectKey, HeldObject> _objects = [];

    public IEnumerable<HeldObject> Objects => _objects.Values;

    /// <summary>Adds what a process has. Processes come in ascending order of their ids.</summary>
    public void Add(ProcessHoldings process)
    {
        foreach (Holding holding in process.Holdings)
        {
            if (!_objects.TryGetValue(holding.Key, out HeldObject? held))
            {
                _objects.Add(holding.Key, held = new HeldObject(holding, process.ProcessId));
            }

            if (held.Details is null && holding.Details is not null)
            {
                (held.Details, held.Link) = (holding.Details, holding.Link);
            }

            if (holding.IsMapped)
            {
                held.MappedBy.Add(process.ProcessId);
            }

            if (holding.IsHeld)
            {
                held.HeldBy.Add(process.ProcessId);
            }
        }
    }

    public HeldObject? Find(ObjectKey key) => _objects.GetValueOrDefault(key);
}
