using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>Reads an open smaps, mapping by mapping.</summary>
internal static class SmapsReader
{
    /// <summary>Reads the mappings and their figures, in ascending order of address. After the exit of the process there are no more.</summary>
    /// <param name="smaps">The open file.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="process">The process.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="ProcfsException">The file has a line that no kernel writes, is longer than its bound, or cannot be read to its end.</exception>
    /// <exception cref="OperationCanceledException">The reading is cancelled.</exception>
    public static IEnumerable<(MemoryMapping Mapping, SmapsFigures Figures)> Read(
        SafeFileHandle smaps, string path, ProcessContext process, CancellationToken cancellationToken = default)
    {
        MapsParser parser = new(process, path, cancellationToken);
        using ProcLineReader lines = new(smaps, path, ProcText.MaxMappingsSize, process.Id, cancellationToken);
        MemoryMapping? mapping = null;
        SmapsFigures figures = default;
        while (lines.MoveNext())
        {
            if (TryTakeFigure(lines, ref figures, path, process.Id))
            {
                continue;
            }

            if (mapping is not null)
            {
                yield return (mapping, figures);
            }

            // Between two reads the last mapping may merge with the next one, as in maps (MapsReader). The kernel then counts all of it, so the
            // mapping is not cut: its figures would be those of more than itself.
            mapping = parser.Parse(lines.WholeLine);
            figures = default;
        }

        // The caller checks whether the process has exited.
        lines.ThrowIfFailed();
        if (mapping is not null)
        {
            yield return (mapping, figures);
        }
    }

    private static bool TryTakeFigure(ProcLineReader lines, ref SmapsFigures figures, string path, int processId)
    {
        ReadOnlySpan<byte> line = lines.WholeLine;
        return SmapsFigures.IsFigure(line)
            && (figures.TryTake(line) ? true : throw ProcText.CreateMalformed(path, line, processId));
    }
}
