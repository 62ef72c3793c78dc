using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedMemory;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>Identifies an object. The inode of a System V segment is its id, which is unique in its IPC namespace only.</summary>
internal readonly record struct ObjectKey((uint Major, uint Minor) Device, ulong Inode, ulong IpcNamespace);

/// <summary>An object that a process maps or holds.</summary>
internal sealed class Holding(ObjectKey key, string name, bool isDeleted)
{
    public ObjectKey Key => key;

    /// <summary>The name in maps, or the text of the descriptor's link.</summary>
    public string Name => name;

    public bool IsDeleted => isDeleted;

    public bool IsMapped { get; set; }

    public bool IsHeld { get; set; }

    public FileDetails? Details { get; set; }

    /// <summary>A link of proc that leads to the file.</summary>
    public string? Link { get; set; }
}

/// <summary>What one process maps and holds.</summary>
internal sealed record ProcessHoldings(int ProcessId, IReadOnlyCollection<Holding> Holdings, int Unexamined);

/// <summary>
/// Finds the objects of shared memory that a process maps or holds, by the device numbers in maps and of its descriptors. It opens nothing
/// but directories of proc.
/// </summary>
internal sealed class HoldingsReader(ProcfsContext procfs, IReadOnlyDictionary<(uint Major, uint Minor), BackingStore> devices)
{
    public const string SystemVPrefix = "/SYSV";

    private const string PrivateHugePages = "/anon_hugepage";

    /// <exception cref="ProcfsException">There is no such process, it has no address space, or the caller may not read it.</exception>
    public ProcessHoldings Read(int processId, CancellationToken cancellationToken)
    {
        Dictionary<ObjectKey, Holding> found = [];
        ulong ipc = FileDetails.GetBehindLink(procfs.Root.GetPath(processId, "ns/ipc"))?.Inode ?? 0;
        int unexamined = AddMappings(processId, ipc, found, cancellationToken);
        if (procfs.Root.IsProcFileSystem)
        {
            AddDescriptors(processId, ipc, found, cancellationToken);
        }

        return new ProcessHoldings(processId, found.Values, unexamined);
    }

    private int AddMappings(int processId, ulong ipc, Dictionary<ObjectKey, Holding> found, CancellationToken cancellationToken)
    {
        int unexamined = 0;
        using ProcessAddressSpace process = procfs.OpenProcess(processId);
        foreach (MemoryMapping mapping in process.ReadMappings())
        {
            cancellationToken.ThrowIfCancellationRequested();
            (uint, uint) device = (mapping.DeviceMajor, mapping.DeviceMinor);
            if (!mapping.HasFile || !devices.ContainsKey(device) || mapping.Path is not { } name || (name == PrivateHugePages && !mapping.IsShared))
            {
                continue;
            }

            Holding holding = GetOrAdd(found, device, mapping.Inode, ipc, name, mapping.IsDeleted);
            holding.IsMapped = true;
            if (holding.Details is null && holding.Link is null && procfs.Root.IsProcFileSystem)
            {
                holding.Link = process.GetPath($"map_files/{mapping.Start:x}-{mapping.End:x}");
                holding.Details = FileDetails.GetBehindLink(holding.Link);
                unexamined += holding.Details is null ? 1 : 0;
            }
        }

        return unexamined;
    }

    private void AddDescriptors(int processId, ulong ipc, Dictionary<ObjectKey, Holding> found, CancellationToken cancellationToken)
    {
        using SafeFileHandle directory = FileIO.OpenForReading(procfs.Root.GetPath(processId, "fd"), out int errno);
        if (errno != 0)
        {
            return;
        }

        foreach (DirectoryEntries.Entry entry in DirectoryEntries.Enumerate(directory))
        {
            cancellationToken.ThrowIfCancellationRequested();
            string link = procfs.Root.GetPath(processId, $"fd/{Encoding.ASCII.GetString(entry.Name)}");
            if (FileDetails.GetBehindLink(link) is { Type: Statx.FileType.Regular } details && devices.ContainsKey((details.DeviceMajor, details.DeviceMinor))
                && SymbolicLink.Read(link) is { } text)
            {
                (string? name, bool isDeleted) = MemoryMapping.SplitDeletedSuffix(SeqFileText.Decode(text));
                Holding holding = GetOrAdd(found, (details.DeviceMajor, details.DeviceMinor), details.Inode, ipc, name ?? string.Empty, isDeleted);
                (holding.IsHeld, holding.Details, holding.Link) = (true, details, link);
            }
        }
    }

    private static Holding GetOrAdd(Dictionary<ObjectKey, Holding> found, (uint, uint) device, ulong inode, ulong ipc, string name, bool isDeleted)
    {
        ObjectKey key = new(device, inode, name.StartsWith(SystemVPrefix, StringComparison.Ordinal) && isDeleted ? ipc : 0);
        if (!found.TryGetValue(key, out Holding? holding))
        {
            found.Add(key, holding = new Holding(key, name, isDeleted));
        }

        return holding;
    }
}
