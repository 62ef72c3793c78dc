using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Uss;

/// <summary>Reads /proc/PID/smaps once, when the first figure is needed, because the kernel walks the whole process for it.</summary>
internal sealed class SmapsReader(ProcessAddressSpace process)
{
    private Dictionary<ulong, Figures>? _figures;

    /// <summary>Bytes in swap, of private and of shared memory; null if smaps cannot be read or no longer has the mapping.</summary>
    public long? GetSwap(MemoryMapping mapping) => GetFigures(mapping)?.Swap;

    /// <summary>Bytes in hugetlb pages that no other process maps; null if smaps cannot be read or no longer has the mapping.</summary>
    public long? GetPrivateHugetlb(MemoryMapping mapping) => GetFigures(mapping)?.PrivateHugetlb;

    private Figures? GetFigures(MemoryMapping mapping) => (_figures ??= Read()).TryGetValue(mapping.Start, out Figures figures) ? figures : null;

    private Dictionary<ulong, Figures> Read()
    {
        Dictionary<ulong, Figures> figures = [];
        ulong start = 0;
        string path = process.GetPath("smaps");
        using SafeFileHandle file = process.OpenFile("smaps", out int errno);
        using ProcLineReader lines = new(file, path, process.ProcessId);
        while (errno == 0 && lines.MoveNext())
        {
            // The line of a figure begins with a name and a colon, the line of a mapping with the addresses.
            ReadOnlySpan<byte> rest = lines.Line;
            if (rest.StartsWith("Swap:"u8))
            {
                figures[start] = figures.GetValueOrDefault(start) with { Swap = ParseKibibytes(rest["Swap:"u8.Length..], path) };
            }
            else if (rest.StartsWith("Private_Hugetlb:"u8))
            {
                figures[start] = figures.GetValueOrDefault(start) with { PrivateHugetlb = ParseKibibytes(rest["Private_Hugetlb:"u8.Length..], path) };
            }
            else if (rest.IsEmpty || rest[0] is < (byte)'A' or > (byte)'Z')
            {
                start = ProcNumber.TryTakeHex(ref rest, (byte)'-', out ulong address) ? address : throw CreateMalformed(path, lines.Line);
            }
        }

        return errno == 0 && lines.Errno == 0 ? figures : [];
    }

    private long ParseKibibytes(ReadOnlySpan<byte> text, string path)
    {
        ReadOnlySpan<byte> rest = text.TrimStart((byte)' ');
        return ProcNumber.TryTake(ref rest, (byte)' ', out ulong kibibytes, long.MaxValue / 1024) ? (long)kibibytes * 1024 : throw CreateMalformed(path, text);
    }

    private ProcfsException CreateMalformed(string path, ReadOnlySpan<byte> line) => ProcText.CreateMalformed(path, line, process.ProcessId);

    private readonly record struct Figures(long? Swap, long? PrivateHugetlb);
}
