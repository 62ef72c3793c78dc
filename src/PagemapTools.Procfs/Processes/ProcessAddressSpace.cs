using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The address space of a process, open for reading: its pagemap and its maps. The kernel ties each file to the address space that the
/// process has when the file is opened. Both files are opened between two readings of stat that show the same program.
/// </summary>
public sealed class ProcessAddressSpace : IDisposable
{
    // Bounds the attempts to open a process that executes one program after the other.
    private const int MaxAttempts = 4;

    private readonly ProcessContext _context;
    private readonly ProcRoot _root;
    private readonly OpenFiles _files;
    private readonly MountedDevices _devices;
    private readonly CancellationToken _cancellationToken;
    private bool _hasReadMounts;

    private ProcessAddressSpace(ProcRoot root, ProcessContext context, OpenFiles files, CancellationToken cancellationToken)
    {
        _cancellationToken = cancellationToken;
        _root = root;
        _context = context;
        _files = files;
        _devices = context.Devices ?? new MountedDevices(root);
    }

    /// <summary>The process's id.</summary>
    public int ProcessId => _context.Id;

    /// <summary>The process's name, as Get-Process shows it.</summary>
    public string ProcessName => _context.Name;

    /// <summary>The process's pagemap, indexed by virtual page.</summary>
    public PageIndexedFile Pagemap => _files.Pagemap;

    internal SwapTypes SwapTypes => _context.SwapTypes;

    /// <summary>The start of the process, in clock ticks since the machine started; null if the tree has no stat.</summary>
    internal ulong? StartTime => _files.Program?.StartTime;

    /// <summary>Whether the process is in a proc file system; false in a saved or made-up tree.</summary>
    internal bool IsInProcFileSystem => _root.IsProcFileSystem;

    /// <summary>Opens a process.</summary>
    /// <param name="root">The proc tree.</param>
    /// <param name="processId">The process.</param>
    /// <param name="swapTypes">The machine's swap types, read once for many processes; null to read them now.</param>
    /// <param name="softDirty">The machine's soft-dirty bits, probed once for many processes; null to probe them anew.</param>
    /// <exception cref="ProcfsException">There is no such process, it has no address space, or the caller may not read it.</exception>
    public static ProcessAddressSpace Open(ProcRoot root, int processId, SwapTypes? swapTypes = null, SoftDirty? softDirty = null) =>
        OpenTarget(root, processId, swapTypes ?? SwapTypes.Read(root), softDirty ?? new SoftDirty(root), new MountedDevices(root), CancellationToken.None);

    /// <summary>Opens a process for one reading, which can be cancelled between any two lines of maps.</summary>
    /// <exception cref="ProcfsException">There is no such process, it has no address space, or the caller may not read it.</exception>
    internal static ProcessAddressSpace OpenTarget(
        ProcRoot root, int processId, SwapTypes swapTypes, SoftDirty softDirty, MountedDevices devices, CancellationToken cancellationToken)
    {
        (string name, OpenFiles files) = OpenFiles.Open(root, processId, MaxAttempts);
        return new ProcessAddressSpace(root, new ProcessContext(processId, name, swapTypes, softDirty, devices), files, cancellationToken);
    }

    /// <summary>Streams the mappings, in ascending order of address.</summary>
    /// <exception cref="ProcfsException">The process has exited or has no address space, or maps has a line that no kernel writes.</exception>
    /// <exception cref="OperationCanceledException">The reading for which the process was opened is cancelled.</exception>
    public IEnumerable<MemoryMapping> ReadMappings()
    {
        MemoryMapping? last = null;
        MapsReader maps = new(_files.Maps, GetPath(MapsParser.FileName), _context);
        foreach (MemoryMapping mapping in maps.Read(_cancellationToken))
        {
            last = mapping.HasPagemap ? mapping : last;
            yield return mapping;
        }

        // maps ends in the same way after the last mapping and after the exit of the process. pagemap distinguishes them.
        if (last is null)
        {
            throw ProcessErrors.FromErrno(_root, ProcessId, "maps", Errno.ESRCH);
        }

        // A child of vfork has the address space of its parent, which lives on when the child executes a program or exits. stat shows that.
        if (maps.HasLostProcess || HasExited(last) || _files.HasOtherProgram(_root))
        {
            throw CreateExitedException();
        }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose() => _files.Dispose();

    /// <summary>Cancels every reading of the mappings.</summary>
    internal CancellationToken CancellationToken => _cancellationToken;

    /// <summary>The path of a file in the process's directory of the proc tree.</summary>
    internal string GetPath(string file) => _root.GetPath(_files.ThreadId, file);

    /// <summary>Opens another file of the process; on failure the handle is invalid, and <paramref name="errno"/> has the reason.</summary>
    /// <exception cref="ProcfsException">The process has exited or executed another program since it was opened.</exception>
    internal SafeFileHandle OpenFile(string file, out int errno)
    {
        SafeFileHandle handle = _root.OpenFile(GetPath(file), out errno, ProcessId);
        if (_files.IsOfSameProgram(_root))
        {
            return handle;
        }

        handle.Dispose();
        throw CreateExitedException();
    }

    /// <summary>Whether the process was opened after it had executed another program than the given one; false if that is not known.</summary>
    internal bool HasReplaced(ProgramIdentity program) => _files.Program is { } opened && _files.ThreadId == ProcessId && opened != program;

    /// <summary>Reads what the small files of the process say. They are of the program that was opened if <see cref="ReadMappings"/> then ends without an error.</summary>
    internal ProcessDetails ReadDetails()
    {
        Span<byte> buffer = stackalloc byte[CommandLines.MaxLength];
        return new ProcessDetails(ProcessName, CommandLines.Format(CommandLines.Read(_root, ProcessId, buffer))).WithStatus(_root, _files.ThreadId);
    }

    /// <summary>Finds what the device of a mapping is; null if the process does not see it mounted. For one thread at a time.</summary>
    internal BackingStore? FindDevice((uint Major, uint Minor) device) => _devices.Find(_files.ThreadId, device, ref _hasReadMounts, _cancellationToken);

    /// <summary>Whether a file that the process sees is on a file system without a server. For one thread at a time.</summary>
    internal bool IsLocal(Statx.FileIdentity file) => _devices.IsLocal(_files.ThreadId, file, ref _hasReadMounts);

    /// <summary>The failure of a process that had an address space when it was opened and no longer has it.</summary>
    internal ProcfsException CreateExitedException() => ProcessErrors.Exited(_root, ProcessId);

    /// <summary>Whether the address space of a mapping no longer exists. As long as it does, every page below its end has an entry.</summary>
    internal bool HasExited(MemoryMapping mapping) => !OpenFiles.HasEntry(Pagemap, PageGeometry.ToPageIndex(mapping.Start));
}
