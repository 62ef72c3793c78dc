using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Groups;

/// <summary>
/// Finds the files without a name that a process keeps alive: deleted files, memfd, shared anonymous memory, System V segments. A mapping
/// or a descriptor does so. Safe to use from several threads.
/// </summary>
/// <remarks>
/// proc does not show what the kernel itself holds: descriptors in messages under way (SCM_RIGHTS), loop devices, files registered with
/// io_uring.
/// </remarks>
/// <param name="root">The proc tree.</param>
internal sealed class HoldingsReader(ProcRoot root)
{
    private const int MaxDescriptors = 1 << 20;

    // The swap types decode entries; a reader of maps needs none.
    private static readonly SwapTypes s_noSwapTypes = new([], layout: null);

    /// <summary>Reads the holdings of a process. A process that has exited holds nothing.</summary>
    public ProcessHoldings Read(int processId, CancellationToken cancellationToken)
    {
        Reading reading = new(Statx.GetByLink(root.GetPath(processId, "ns/ipc"))?.Inode);
        bool isComplete = TryAddMappings(processId, reading, cancellationToken) & TryAddDescriptors(processId, reading.Files, cancellationToken);
        return isComplete || !HasEnded(processId)
            ? new ProcessHoldings(reading.IpcNamespace, reading.Files, reading.Segments, reading.Aliases, isComplete)
            : ProcessHoldings.None;
    }

    private bool HasEnded(int processId) => ProcessStat.TryRead(root, processId) is null or { HasEnded: true } or { IsKernelThread: true };

    private bool TryAddMappings(int processId, Reading reading, CancellationToken cancellationToken)
    {
        using SafeFileHandle maps = root.OpenFile(root.GetPath(processId, MapsParser.FileName), out int errno, processId);
        if (errno != 0)
        {
            return false;
        }

        bool isComplete = true;
        HashSet<FileKey> seen = [];
        foreach (MemoryMapping mapping in new MapsReader(maps, new ProcessContext(processId, string.Empty, s_noSwapTypes)).Read())
        {
            cancellationToken.ThrowIfCancellationRequested();
            FileKey key = FileKey.From(mapping, reading.IpcNamespace ?? 0);
            if (mapping.IsFileBacked && mapping.IsDeleted && seen.Add(key))
            {
                isComplete &= TryAddMapping(mapping, key, reading);
            }
        }

        return isComplete;
    }

    private bool TryAddMapping(MemoryMapping mapping, FileKey key, Reading reading)
    {
        string link = root.GetPath(mapping.ProcessId, string.Create(CultureInfo.InvariantCulture, $"map_files/{mapping.Start:x}-{mapping.End:x}"));
        if (FileKey.IsSegment(mapping))
        {
            reading.Segments.Add(key, new FileLink(mapping.ProcessId, link));
            return reading.IpcNamespace is not null;
        }

        // Without an identity the mapping is gone, or the caller may not follow the link.
        Statx.FileIdentity? identity = Statx.GetByLink(link);
        if (identity is { Links: 0 } file)
        {
            FileKey fileKey = new(file.DeviceMajor, file.DeviceMinor, file.Inode, IpcNamespace: 0);
            reading.Files.TryAdd(fileKey, new FileLink(mapping.ProcessId, link));
            if (fileKey != key)
            {
                reading.Aliases.Add(key, fileKey);
            }
        }

        return identity is not null;
    }

    private bool TryAddDescriptors(int processId, Dictionary<FileKey, FileLink> files, CancellationToken cancellationToken)
    {
        string directory = root.GetPath(processId, "fd");
        try
        {
            foreach (string name in Directory.EnumerateFileSystemEntries(directory).Take(MaxDescriptors))
            {
                cancellationToken.ThrowIfCancellationRequested();
                if (Statx.GetByLink(name) is { Type: Statx.FileType.Regular, Links: 0 } file)
                {
                    files.TryAdd(new FileKey(file.DeviceMajor, file.DeviceMinor, file.Inode, IpcNamespace: 0), new FileLink(processId, name));
                }
            }

            return true;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private sealed record Reading(ulong? IpcNamespace)
    {
        public Dictionary<FileKey, FileLink> Files { get; } = [];

        public Dictionary<FileKey, FileLink> Segments { get; } = [];

        public Dictionary<FileKey, FileKey> Aliases { get; } = [];
    }
}
