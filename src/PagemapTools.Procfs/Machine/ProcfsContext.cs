using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Machine;

/// <summary>
/// A machine, as its proc tree describes it. Each value is read when it is first needed and does not change after that; a new context
/// sees later changes. Safe to use from several threads.
/// </summary>
/// <example><code>
/// using ProcfsContext procfs = new();
/// foreach (ProcessPageInfo page in procfs.ReadPages(processId)) { Console.WriteLine($"{page.Address:x} {page.Pfn:x}"); }
/// </code></example>
public sealed class ProcfsContext : IDisposable
{
    private readonly Lazy<KernelRelease> _kernelRelease;
    private readonly Lazy<SwapTypes> _swapTypes;
    private readonly Lazy<CgroupPaths> _cgroups;
    private readonly Lazy<CallerCapabilities> _capabilities;
    private readonly Lazy<MemoryNodes> _nodes;

    /// <summary>Creates the context of a proc tree; reads nothing yet.</summary>
    /// <param name="root">The proc tree; null for the default tree.</param>
    /// <param name="savedFlags">The path of a saved copy of kpageflags, to read instead of the machine's; null to read the machine's.</param>
    public ProcfsContext(ProcRoot? root = null, string? savedFlags = null)
    {
        Root = root ?? new ProcRoot();
        Frames = new KPageFiles(Root, savedFlags);
        SoftDirty = new SoftDirty(Root);
        Users = new UserNames(Root);
        Devices = new MountedDevices(Root);

        // PublicationOnly caches no failure: a file that could not be opened for want of descriptors is read again.
        _kernelRelease = new(() => KernelRelease.Read(Root), LazyThreadSafetyMode.PublicationOnly);
        _swapTypes = new(() => SwapTypes.Read(Root), LazyThreadSafetyMode.PublicationOnly);
        _cgroups = new(CgroupPaths.Find, LazyThreadSafetyMode.PublicationOnly);
        _nodes = new(() => Root.IsProcFileSystem && savedFlags is null ? MemoryNodes.Read("/sys/devices/system") : MemoryNodes.None, LazyThreadSafetyMode.PublicationOnly);
        _capabilities = new(() => CallerCapabilities.Read(KernelRelease), LazyThreadSafetyMode.PublicationOnly);
    }

    /// <summary>The proc tree.</summary>
    public ProcRoot Root { get; }

    /// <summary>The files that are indexed by page frame number.</summary>
    public KPageFiles Frames { get; }

    /// <summary>The soft-dirty bits: tests whether the kernel has them, and clears them.</summary>
    public SoftDirty SoftDirty { get; }

    /// <summary>The release of the kernel.</summary>
    public KernelRelease KernelRelease => _kernelRelease.Value;

    /// <summary>The swap types and swap areas.</summary>
    public SwapTypes SwapTypes => _swapTypes.Value;

    /// <summary>The paths of the memory cgroups.</summary>
    public CgroupPaths Cgroups => _cgroups.Value;

    /// <summary>The names of users.</summary>
    internal UserNames Users { get; }

    /// <summary>What the devices of mappings are.</summary>
    internal MountedDevices Devices { get; }

    /// <summary>The NUMA nodes of memory. A saved tree has none.</summary>
    internal MemoryNodes Nodes => _nodes.Value;

    /// <summary>The capabilities of the thread that read this property first.</summary>
    internal CallerCapabilities Capabilities => _capabilities.Value;

    /// <summary>Opens the address space of a process. The caller disposes it.</summary>
    /// <exception cref="ProcfsException">The process does not exist or has no address space, or the caller may not read it.</exception>
    public ProcessAddressSpace OpenProcess(int processId) => OpenTarget(processId, CancellationToken.None);

    /// <summary>Opens the address space of a process for one reading, which can be cancelled between any two lines of maps.</summary>
    /// <exception cref="ProcfsException">The process does not exist or has no address space, or the caller may not read it.</exception>
    internal ProcessAddressSpace OpenTarget(int processId, CancellationToken cancellationToken) =>
        ProcessAddressSpace.OpenTarget(Root, processId, SwapTypes, SoftDirty, Devices, cancellationToken);

    /// <summary>Creates the context of a process whose address space is not opened.</summary>
    internal ProcessContext CreateContext(int processId, string name) => new(processId, name, SwapTypes, SoftDirty, Devices);

    /// <summary>Closes the files of page frames.</summary>
    public void Dispose() => Frames.Dispose();
}
