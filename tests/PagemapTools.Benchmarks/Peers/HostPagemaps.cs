using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>The populated parts of the pagemaps of processes, found beforehand, so that a bare loop reads nothing else.</summary>
internal sealed class HostPagemaps
{
    private readonly List<(int ProcessId, List<(long Offset, long End)> Parts)> _processes = [];

    /// <summary>Finds the parts.</summary>
    /// <param name="processIds">The processes; null for all.</param>
    public HostPagemaps(IEnumerable<int>? processIds = null)
    {
        using ProcfsContext procfs = new();
        foreach (int id in processIds ?? procfs.Root.GetProcessIds())
        {
            try
            {
                _processes.Add((id, FindParts(procfs, id)));
            }
            catch (ProcfsException failure) when (failure.IsExpected)
            {
                // A kernel thread, or a process that has exited.
            }
        }
    }

    public long EntryCount => _processes.Sum(process => process.Parts.Sum(part => part.End - part.Offset)) / sizeof(ulong);

    public int ProcessCount => _processes.Count;

    /// <summary>Reads all parts, on one thread with one buffer; returns the entries read.</summary>
    public long Read(byte[] buffer) =>
        _processes.Sum(process => TryRead(process.ProcessId, process.Parts, buffer)) / sizeof(ulong);

    private static long TryRead(int processId, List<(long Offset, long End)> parts, byte[] buffer)
    {
        try
        {
            return BareFile.ReadRanges($"/proc/{processId}/pagemap", parts, buffer);
        }
        catch (BenchmarkException)
        {
            // The process has exited.
            return 0;
        }
    }

    private static List<(long Offset, long End)> FindParts(ProcfsContext procfs, int processId)
    {
        List<(long Offset, long End)> parts = [];
        using ProcessAddressSpace process = procfs.OpenProcess(processId);
        using PageWalk walk = new(process, new PageWalkOptions());
        while (walk.MoveNext())
        {
            long offset = (long)(walk.Address / PageGeometry.PageSize) * sizeof(ulong);
            long end = offset + ((long)walk.Entries.Length * sizeof(ulong));
            if (parts.Count > 0 && parts[^1].End == offset)
            {
                parts[^1] = (parts[^1].Offset, end);
            }
            else
            {
                parts.Add((offset, end));
            }
        }

        return parts;
    }
}
