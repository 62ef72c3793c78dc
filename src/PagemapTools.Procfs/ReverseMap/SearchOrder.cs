using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.ReverseMap;

/// <summary>Orders processes so that a frame is probably found soon.</summary>
/// <param name="procfs">The machine.</param>
/// <param name="frames">The frames.</param>
/// <param name="options">How long a process may hold up its reading.</param>
internal sealed class SearchOrder(ProcfsContext procfs, FrameSet frames, TargetRunOptions options)
{
    // A walk opens a process in the time of 20,000 entries, and passes 500 addresses without a page in the time of one entry.
    private const double OpenCost = 20_000;
    private const double AbsentPagesPerEntry = 500;
    private const int MaxSize = 256;

    private readonly HashSet<ulong> _cgroups = ReadCgroups(procfs.Frames, frames);
    private readonly Dictionary<string, bool> _isCharged = new(StringComparer.Ordinal);

    private readonly record struct Candidate(ulong Size, ulong Resident, bool IsKernelThread, string? Cgroup);

    /// <summary>
    /// Lists the processes with an address space. Those of the cgroups that pay for the frames come first. Among the others, a frame is in
    /// each resident page with the same probability, so those with the most resident pages for the cost of a walk come first, and a process
    /// that reserves much and uses little comes last.
    /// </summary>
    /// <exception cref="ProcfsException">The tree cannot be listed.</exception>
    public IReadOnlyList<int> List(IEnumerable<int> processIds, CancellationToken cancellationToken)
    {
        List<(int ProcessId, bool IsCharged, double Cost)> processes = [];
        foreach (TargetResult<Candidate> result in TargetRun.ReadEach(procfs.Root, processIds, (id, _) => Read(id), options, cancellationToken))
        {
            // A process that does not answer, or whose size cannot be read, comes last.
            Candidate found = result.Value;
            if (result.Failure is not null || found.Size > 0 || !found.IsKernelThread)
            {
                double cost = result.Failure is null ? (OpenCost + found.Resident + (found.Size / AbsentPagesPerEntry)) / (found.Resident + 1) : double.MaxValue;
                processes.Add((result.ProcessId, IsCharged(found.Cgroup), cost));
            }
        }

        return [.. processes.OrderByDescending(process => process.IsCharged).ThenBy(process => process.Cost).Select(process => process.ProcessId)];
    }

    /// <summary>Whether a frame is charged to the memory cgroup of a process. A page that a fork shares is charged to the process that wrote it first.</summary>
    private bool IsCharged(string? path)
    {
        if (path is null)
        {
            return false;
        }

        if (!_isCharged.TryGetValue(path, out bool isCharged))
        {
            _isCharged.Add(path, isCharged = procfs.Cgroups.GetInode(path) is { } inode && _cgroups.Contains(inode));
        }

        return isCharged;
    }

    private Candidate Read(int processId)
    {
        (ulong size, ulong resident) = ReadSizes(procfs.Root, processId);
        bool isKernelThread = size == 0 && procfs.Root.IsKernelThread(processId);
        return new Candidate(size, resident, isKernelThread, isKernelThread || _cgroups.Count == 0 ? null : ProcessCgroup.Read(procfs.Root, processId));
    }

    private static HashSet<ulong> ReadCgroups(KPageFiles files, FrameSet frames)
    {
        if (files.TryGet(FrameProperties.Cgroup) is not { } file)
        {
            return [];
        }

        ulong[] pfns = [.. frames.Enumerate()];
        ulong[] inodes = new ulong[pfns.Length];
        using PfnBatchReader reader = new();
        reader.Coalesce(pfns);
        reader.Read(file, inodes);
        return [.. inodes.Where(inode => inode is not (0 or PfnBatchReader.NoValue))];
    }

    /// <summary>Reads the pages that a process has reserved and those that are resident (fs/proc/array.c, proc_pid_statm); 0 if it is gone.</summary>
    /// <exception cref="ProcfsException">A figure is no number, or is too large.</exception>
    private static (ulong Size, ulong Resident) ReadSizes(ProcRoot root, int processId)
    {
        Span<byte> buffer = stackalloc byte[MaxSize];
        string path = root.GetPath(processId, "statm");
        int length = ProcText.Read(root, path, buffer, out _, processId);
        ReadOnlySpan<byte> line = buffer[..Math.Max(length, 0)];
        return length < 0 ? (0, 0)
            : ProcNumber.TryTake(ref line, (byte)' ', out ulong size) && ProcNumber.TryTake(ref line, (byte)' ', out ulong resident) ? (size, resident)
            : throw ProcText.CreateMalformed(path, buffer[..length], processId);
    }
}
