using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>A directory that looks like /proc, removed at the end.</summary>
internal sealed class MadeUpTree : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pagemaptools-tree-").FullName;

    public ProcRoot Root => new(Path);

    public string PathOf(string name) => System.IO.Path.Join(Path, name);

    public MadeUpTree Text(string name, string text) => Bytes(name, Encoding.UTF8.GetBytes(text));

    public MadeUpTree Bytes(string name, ReadOnlySpan<byte> bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllBytes(PathOf(name), bytes);
        return this;
    }

    /// <summary>Writes entries from an index on; what lies before them is a hole that reads 0.</summary>
    public MadeUpTree Entries(string name, ulong firstIndex, params ReadOnlySpan<ulong> entries)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(name))!);
        using FileStream file = new(PathOf(name), FileMode.OpenOrCreate, FileAccess.Write);
        file.Position = (long)firstIndex * sizeof(ulong);
        file.Write(MemoryMarshal.AsBytes(entries));
        return this;
    }

    /// <summary>A process with mappings; its pagemap is written with <see cref="Pagemap"/>.</summary>
    public MadeUpTree Process(int processId, params ReadOnlySpan<string> maps)
    {
        StringBuilder lines = new();
        foreach (string line in maps)
        {
            lines.Append(line).Append('\n');
        }

        return Status(processId, 'S', 0)
            .Text(Of(processId, "comm"), "made-up\n")
            .Text(Of(processId, "cmdline"), "made-up\0")
            .Text(Of(processId, "maps"), lines.ToString());
    }

    public MadeUpTree Pagemap(int processId, ulong address, params ReadOnlySpan<ulong> entries) =>
        Entries(Of(processId, "pagemap"), address / (ulong)Environment.SystemPageSize, entries);

    /// <summary>The stat file: state is field 3, flags field 9 (fs/proc/array.c).</summary>
    public MadeUpTree Status(int processId, char state, uint flags, string name = "made-up") => Text(
        Of(processId, "stat"),
        string.Create(CultureInfo.InvariantCulture, $"{processId} ({name}) {state} 1 1 1 0 -1 {flags} 0 0 0 0\n"));

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private static string Of(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"{processId}/{file}");
}
