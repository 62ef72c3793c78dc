using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PagemapTools.TestSupport;

/// <summary>A temporary directory with the layout of /proc; Dispose removes it.</summary>
internal sealed class FakeProc : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pagemaptools-proc-").FullName;

    public string GetPath(string name) => System.IO.Path.Join(Path, name);

    public FakeProc WriteText(string name, string text) => WriteBytes(name, Encoding.UTF8.GetBytes(text));

    public FakeProc WriteBytes(string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(GetPath(name))!);
        File.WriteAllBytes(GetPath(name), bytes);
        return this;
    }

    /// <summary>Writes a text and then a hole, which reads as zeros and needs no space.</summary>
    public FakeProc WriteHole(string name, string beginning, long length)
    {
        WriteText(name, beginning);
        using FileStream file = new(GetPath(name), FileMode.Open, FileAccess.Write);
        file.SetLength(length);
        return this;
    }

    /// <summary>Writes entries from an index on; the range before them is a hole that reads as 0.</summary>
    public FakeProc WriteEntries(string name, ulong firstIndex, params ReadOnlySpan<ulong> entries)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(GetPath(name))!);
        using FileStream file = new(GetPath(name), FileMode.OpenOrCreate, FileAccess.Write);
        file.Position = (long)firstIndex * sizeof(ulong);
        file.Write(MemoryMarshal.AsBytes(entries));
        return this;
    }

    /// <summary>Adds a process with mappings; <see cref="WritePagemap"/> writes its pagemap.</summary>
    public FakeProc AddProcess(int processId, params ReadOnlySpan<string> maps)
    {
        StringBuilder lines = new();
        foreach (string line in maps)
        {
            lines.Append(line).Append('\n');
        }

        return WriteStatus(processId, 'S', 0)
            .WriteText(GetProcessPath(processId, "comm"), "made-up\n")
            .WriteText(GetProcessPath(processId, "cmdline"), "made-up\0")
            .WriteText(GetProcessPath(processId, "maps"), lines.ToString());
    }

    /// <summary>Adds a process with one anonymous mapping whose pages have the entries.</summary>
    public FakeProc AddProcess(int processId, ulong address, params ReadOnlySpan<ulong> entries)
    {
        ulong end = address + ((ulong)entries.Length * KernelFile.PageSize);
        return AddProcess(processId, string.Create(CultureInfo.InvariantCulture, $"{address:x}-{end:x} rw-p 00000000 00:00 0 "))
            .WritePagemap(processId, address, entries);
    }

    public FakeProc WritePagemap(int processId, ulong address, params ReadOnlySpan<ulong> entries) =>
        WriteEntries(GetProcessPath(processId, "pagemap"), address / KernelFile.PageSize, entries);

    /// <summary>Writes the stat file with its 52 fields: field 3 is the state, field 9 the flags, field 22 the start (fs/proc/array.c).</summary>
    public FakeProc WriteStatus(int processId, char state, uint flags, string name = "made-up", ulong start = 0) => WriteText(
        GetProcessPath(processId, "stat"),
        string.Create(CultureInfo.InvariantCulture, $"{processId} ({name}) {state} 1 1 1 0 -1 {flags}{WriteZeros(12)} {start}{WriteZeros(30)}\n"));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string WriteZeros(int count) => string.Concat(Enumerable.Repeat(" 0", count));

    private static string GetProcessPath(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"{processId}/{file}");
}
