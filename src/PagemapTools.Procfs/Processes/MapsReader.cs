using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

/// <summary>Streams the mappings of an open maps file, in ascending order of address, through one buffer.</summary>
internal sealed class MapsReader(SafeFileHandle maps, ProcessContext process)
{
    public IEnumerable<MemoryMapping> Read()
    {
        MapsParser parser = new(process);
        using ProcLineReader lines = new(maps, MapsParser.FileName, process.Id);
        ulong end = 0;
        while (lines.MoveNext())
        {
            MemoryMapping mapping = lines.IsWhole ? parser.Parse(lines.Line) : throw parser.CreateMalformedLine(lines.Line);
            if (mapping.Start < end)
            {
                throw parser.CreateMalformedLine(lines.Line);
            }

            end = mapping.End;
            yield return mapping;
        }

        // The maps of a process that exits end early or give ESRCH. The caller finds out whether it has exited.
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
