using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Holdings;

/// <summary>
/// Finds files that processes keep alive by a mapping or a descriptor: deleted files, memfd, System V segments and others. It opens nothing
/// but maps and directories of proc. Safe to use from several threads.
/// </summary>
/// <remarks>
/// proc does not show what the kernel itself holds: descriptors in messages under way (SCM_RIGHTS), loop devices, files registered with
/// io_uring.
/// </remarks>
/// <param name="root">The proc tree.</param>
/// <param name="isMappingWanted">Selects mappings.</param>
/// <param name="isFileWanted">Selects regular files behind descriptors.</param>
internal sealed class HoldingsReader(ProcRoot root, Func<MemoryMapping, bool> isMappingWanted, Func<Statx.FileIdentity, bool> isFileWanted)
{
    private const string Descriptors = "fd";

    // Bounds the attempts to read a process that executes one program after the other.
    private const int MaxAttempts = 4;

    // The swap types decode entries; a reader of maps needs none.
    private static readonly SwapTypes s_noSwapTypes = new([], layout: null);

    /// <summary>Reads what a process holds, between two readings of stat that show the same program.</summary>
    /// <exception cref="ProcfsException">
    /// There is no such process, it has no address space, the caller may not read it, or it executed another program during each attempt.
    /// </exception>
    public ProcessHoldings Read(int processId, CancellationToken cancellationToken)
    {
        for (int attempt = 0; attempt < MaxAttempts; attempt++)
        {
            ProgramIdentity? program = ProcessStat.TryRead(root, processId)?.Program;
            Reading reading = new(processId, root.IsProcFileSystem ? Statx.GetByLink(root.GetPath(processId, "ns/ipc"))?.Inode : null);
            ProcessHoldings holdings = Read(reading, cancellationToken);
            if (ProcessStat.TryRead(root, processId)?.Program == program)
            {
                bool isKnown = holdings.IsComplete || !root.IsProcFileSystem || ProcessStat.TryRead(root, reading.ThreadId) is { HasEnded: false, IsKernelThread: false };
                return isKnown ? holdings : throw ProcessErrors.Exited(root, processId);
            }
        }

        throw ProcessErrors.Exited(root, processId);
    }

    private ProcessHoldings Read(Reading reading, CancellationToken cancellationToken)
    {
        AddMappings(reading, cancellationToken);
        ProcfsException? failure = AddDescriptors(reading, cancellationToken);
        return new ProcessHoldings
        {
            SawDescriptors = failure is null,
            Failure = failure,
            IpcNamespace = reading.IpcNamespace,
            Files = reading.Files.Values,
            UnexaminedCount = reading.UnexaminedCount,
        };
    }

    private void AddMappings(Reading reading, CancellationToken cancellationToken)
    {
        if (!TryAddMappings(reading, out int errno, cancellationToken) && ThreadGroup.FindLiveThread(root, reading.ProcessId) is { } thread)
        {
            reading.ThreadId = thread;
            TryAddMappings(reading, out errno, cancellationToken);
        }

        if (errno != 0)
        {
            throw ProcessErrors.FromErrno(root, reading.ProcessId, MapsParser.FileName, errno);
        }
    }

    /// <summary>Reads the mappings; false if there are none, as for a main thread that has ended.</summary>
    private bool TryAddMappings(Reading reading, out int errno, CancellationToken cancellationToken)
    {
        string path = root.GetPath(reading.ThreadId, MapsParser.FileName);
        using SafeFileHandle maps = root.OpenFile(path, out errno, reading.ProcessId);
        bool hasMappings = false;
        MapsReader reader = new(maps, path, new ProcessContext(reading.ProcessId, string.Empty, s_noSwapTypes));
        foreach (MemoryMapping mapping in errno == 0 ? reader.Read(cancellationToken) : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            hasMappings = true;
            if (isMappingWanted(mapping))
            {
                AddMapping(mapping, reading);
            }
        }

        return hasMappings;
    }

    private void AddMapping(MemoryMapping mapping, Reading reading)
    {
        FileKey key = FileKey.From(mapping, reading.IpcNamespace ?? 0);
        if (!reading.Files.TryGetValue(key, out Holding? holding))
        {
            // Without an identity the mapping is gone, or the caller may not follow the link.
            string link = root.GetPath(reading.ThreadId, string.Create(CultureInfo.InvariantCulture, $"map_files/{mapping.Start:x}-{mapping.End:x}"));
            Statx.FileIdentity? identity = root.IsProcFileSystem ? Statx.GetByLink(link) : null;
            holding = new Holding(key, new FileLink(mapping.ProcessId, link), mapping.Name, mapping.IsDeleted) { Identity = identity };
            reading.Files.Add(key, holding);
            reading.UnexaminedCount += identity is null && !holding.IsSegment && root.IsProcFileSystem ? 1 : 0;
        }

        holding.IsMapped = true;
    }

    /// <summary>Reads the descriptors. Returns why some are missing; null if all were read.</summary>
    private ProcfsException? AddDescriptors(Reading reading, CancellationToken cancellationToken)
    {
        if (!root.IsProcFileSystem)
        {
            return null;
        }

        using SafeFileHandle directory = FileIO.OpenForReading(root.GetPath(reading.ThreadId, Descriptors), out int errno);
        foreach (DirectoryEntries.Entry entry in errno == 0 ? DirectoryEntries.Enumerate(directory, error => errno = error) : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            string link = root.GetPath(reading.ThreadId, $"{Descriptors}/{Encoding.ASCII.GetString(entry.Name)}");
            Statx.FileIdentity? file = Statx.GetByLink(link, out int linkErrno);

            // A descriptor that was closed meanwhile is none, nor is a file of a dead server.
            errno = linkErrno is Errno.EACCES or Errno.EPERM or Errno.ENOMEM ? linkErrno : errno;
            if (file is { Type: Statx.FileType.Regular } && isFileWanted(file.Value))
            {
                AddDescriptor(link, file.Value, reading);
            }
        }

        return errno == 0 ? null : ProcessErrors.FromErrno(root, reading.ProcessId, Descriptors, errno);
    }

    private static void AddDescriptor(string link, Statx.FileIdentity file, Reading reading)
    {
        if (SymbolicLink.Read(link) is not { } text)
        {
            return;
        }

        (string? name, bool isDeleted) = MemoryMapping.SplitDeletedSuffix(SeqFileText.Decode(text));
        FileKey key = new(file.Device, file.Inode, FileKey.IsSegment(name, isDeleted) ? reading.IpcNamespace ?? 0 : 0);
        if (!reading.Files.TryGetValue(key, out Holding? holding) || holding.Identity is null)
        {
            // A descriptor is easier to follow than a mapping.
            bool isMapped = holding is { IsMapped: true };
            reading.Files[key] = holding = new Holding(key, new FileLink(reading.ProcessId, link), name ?? string.Empty, isDeleted) { Identity = file, IsMapped = isMapped };
        }

        holding.IsHeld = true;
    }

    private sealed class Reading(int processId, ulong? ipcNamespace)
    {
        public int ProcessId { get; } = processId;

        /// <summary>The thread whose directory is read: the main thread, or a live one if the main thread has ended.</summary>
        public int ThreadId { get; set; } = processId;

        public ulong? IpcNamespace => ipcNamespace;

        public Dictionary<FileKey, Holding> Files { get; } = [];

        public int UnexaminedCount { get; set; }
    }
}
