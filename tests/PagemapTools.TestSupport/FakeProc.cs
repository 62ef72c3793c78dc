using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PagemapTools.TestSupport;

/// <summary>A temporary directory with the layout of /proc; Dispose removes it.</summary>
internal sealed class FakeProc : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pagemaptools-proc-").FullName;

    public string PathOf(string name) => System.IO.Path.Join(Path, name);

    public FakeProc Text(string name, string text) => Bytes(name, Encoding.UTF8.GetBytes(text));

    public FakeProc Bytes(string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), bytes);
        return this;
    }

    /// <summary>Writes entries from an index on; the range before them is a hole that reads as 0.</summary>
    public FakeProc Entries(string name, ulong firstIndex, params ReadOnlySpan<ulong> entries)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(name))!);
        using FileStream file = new(PathOf(name), FileMode.OpenOrCreate, FileAccess.Write);
        file.Position = (long)firstIndex * sizeof(ulong);
        file.Write(MemoryMarshal.AsBytes(entries));
        return this;
    }

    /// <summary>Adds a process with mappings; <see cref="Pagemap"/> writes its pagemap.</summary>
    public FakeProc Process(int processId, params ReadOnlySpan<string> maps)
    {
        StringBuilder lines = new();
        foreach (string line in maps)
        {
            lines.Append(line).Append('\n');
        }

        return Status(processId, 'S', 0)
            .Text(FileOf(processId, "comm"), "made-up\n")
            .Text(FileOf(processId, "cmdline"), "made-up\0")
            .Text(FileOf(processId, "maps"), lines.ToString());
    }

    /// <summary>Adds a process with one anonymous mapping whose pages have the entries.</summary>
    public FakeProc Process(int processId, ulong address, params ReadOnlySpan<ulong> entries)
    {
        ulong end = address + ((ulong)entries.Length * KernelFile.PageSize);
        return Process(processId, string.Create(CultureInfo.InvariantCulture, $"{address:x}-{end:x} rw-p 00000000 00:00 0 "))
            .Pagemap(processId, address, entries);
    }

    public FakeProc Pagemap(int processId, ulong address, params ReadOnlySpan<ulong> entries) =>
        Entries(FileOf(processId, "pagemap"), address / KernelFile.PageSize, entries);

    /// <summary>Writes the stat file with its 52 fields: field 3 is the state, field 9 the flags (fs/proc/array.c).</summary>
    public FakeProc Status(int processId, char state, uint flags, string name = "made-up") => Text(
        FileOf(processId, "stat"),
        string.Create(CultureInfo.InvariantCulture, $"{processId} ({name}) {state} 1 1 1 0 -1 {flags}{string.Concat(Enumerable.Repeat(" 0", 43))}\n"));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string FileOf(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"{processId}/{file}");
}
