using PagemapTools.Procfs.Holdings;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>An object that processes map or hold, with the ids of these processes in ascending order.</summary>
internal sealed class HeldObject(Holding first, int processId)
{
    public Holding First => first;

    /// <summary>The first process that maps or holds the object.</summary>
    public int ProcessId => processId;

    public List<int> MappedBy { get; } = [];

    public List<int> HeldBy { get; } = [];

    /// <summary>What statx says of it; null if the caller may not follow any link to it.</summary>
    public Statx.FileIdentity? Identity { get; set; } = first.Identity;

    /// <summary>A link of proc that leads to the file.</summary>
    public FileLink Link { get; set; } = first.Link;

    /// <summary>Whether the object has been returned.</summary>
    public bool IsReported { get; set; }
}

/// <summary>The objects that processes map or hold. It grows with their number, not with their size.</summary>
internal sealed class ObjectTable
{
    private readonly Dictionary<FileKey, HeldObject> _objects = [];

    public IEnumerable<HeldObject> Objects => _objects.Values;

    /// <summary>Adds what a process has. Processes come in ascending order of their ids.</summary>
    public void Add(int processId, ProcessHoldings process)
    {
        foreach (Holding holding in process.Files)
        {
            if (!_objects.TryGetValue(holding.Key, out HeldObject? held))
            {
                _objects.Add(holding.Key, held = new HeldObject(holding, processId));
            }

            if (held.Identity is null && holding.Identity is not null)
            {
                (held.Identity, held.Link) = (holding.Identity, holding.Link);
            }

            if (holding.IsMapped)
            {
                held.MappedBy.Add(processId);
            }

            if (holding.IsHeld)
            {
                held.HeldBy.Add(processId);
            }
        }
    }

    public HeldObject? Find(FileKey key) => _objects.GetValueOrDefault(key);
}
