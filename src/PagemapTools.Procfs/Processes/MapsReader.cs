using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Processes;

/// <summary>Streams the mappings of an open maps file, in ascending order of address, through one buffer.</summary>
internal sealed class MapsReader(SafeFileHandle maps, ProcessContext process)
{
    /// <summary>Whether the process was gone before the last line was read (fs/proc/task_mmu.c, m_start: ESRCH). Its id may have passed to another process.</summary>
    public bool HasLostProcess { get; private set; }

    public IEnumerable<MemoryMapping> Read()
    {
        MapsParser parser = new(process);
        using ProcLineReader lines = new(maps, MapsParser.FileName, process.Id);
        ulong end = 0;
        while (lines.MoveNext())
        {
            MemoryMapping mapping = lines.IsWhole ? parser.Parse(lines.Line) : throw parser.CreateMalformedLine(lines.Line);

            // One read returns at most a page of lines. Between two reads the last mapping may merge with the next one. The kernel then prints
            // addresses that it printed before (fs/proc/task_mmu.c, m_start).
            if (mapping.End > end)
            {
                yield return mapping.Start < end ? mapping.CutAt(end) : mapping;
                end = mapping.End;
            }
        }

        // If the process exits, maps ends early or reading it fails with ESRCH. The caller checks whether the process has exited.
        HasLostProcess = lines.Errno == Errno.ESRCH;
        if (lines.Errno is not (0 or Errno.ESRCH))
        {
            throw new ProcfsException(
                ProcfsError.ReadFailed,
                $"Reading the maps of process {process.Id} failed: {Errno.Describe(lines.Errno)}.",
                MapsParser.FileName,
                process.Id,
                lines.Errno);
        }
    }
}
