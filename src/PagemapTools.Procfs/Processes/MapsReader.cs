using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>Streams the mappings of an open maps file, in ascending order of address, through one buffer.</summary>
/// <param name="maps">The open file.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="process">The process.</param>
internal sealed class MapsReader(SafeFileHandle maps, string path, ProcessContext process)
{
    /// <summary>Whether the process was gone before the last line was read (fs/proc/task_mmu.c, m_start: ESRCH). Its id may have passed to another process.</summary>
    public bool HasLostProcess { get; private set; }

    /// <summary>Reads the mappings.</summary>
    /// <exception cref="ProcfsException">The file has a line that no kernel writes, is longer than its bound, or cannot be read to its end.</exception>
    /// <exception cref="OperationCanceledException">The reading is cancelled.</exception>
    public IEnumerable<MemoryMapping> Read(CancellationToken cancellationToken)
    {
        MapsParser parser = new(process, path, cancellationToken);
        using ProcLineReader lines = new(maps, path, ProcText.MaxMappingsSize, process.Id, cancellationToken);
        ulong end = 0;
        while (lines.MoveNext())
        {
            MemoryMapping mapping = parser.Parse(lines.WholeLine);

            // One read returns at most a page of lines. Between two reads the last mapping may merge with the next one. The kernel then prints
            // addresses that it printed before (fs/proc/task_mmu.c, m_start).
            if (mapping.End > end)
            {
                yield return mapping.Start < end ? mapping.CutAt(end) : mapping;
                end = mapping.End;
            }
        }

        // The caller checks whether the process has exited.
        HasLostProcess = lines.Errno == Errno.ESRCH;
        lines.ThrowIfFailed();
    }
}
