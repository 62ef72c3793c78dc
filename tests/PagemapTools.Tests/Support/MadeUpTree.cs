using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace PagemapTools.Tests.Support;

/// <summary>A directory that looks like /proc to -ProcPath, removed at the end.</summary>
internal sealed class MadeUpTree : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("pagemaptools-tree-").FullName;

    public string PathOf(string name) => System.IO.Path.Join(Path, name);

    public MadeUpTree Text(string name, string text)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(name))!);
        File.WriteAllText(PathOf(name), text);
        return this;
    }

    /// <summary>Writes words from an index on; what lies before them is a hole that reads 0.</summary>
    public MadeUpTree Words(string name, ulong firstIndex, params ReadOnlySpan<ulong> words)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(PathOf(name))!);
        using FileStream file = new(PathOf(name), FileMode.OpenOrCreate, FileAccess.Write);
        file.Position = (long)(firstIndex * sizeof(ulong));
        file.Write(MemoryMarshal.AsBytes(words));
        return this;
    }

    /// <summary>A process with one anonymous mapping, whose pages are the entries.</summary>
    public MadeUpTree Process(int processId, ulong address, params ReadOnlySpan<ulong> entries)
    {
        string directory = processId.ToString(CultureInfo.InvariantCulture);
        ulong end = address + ((ulong)entries.Length * Machine.PageSize);
        return Text($"{directory}/comm", "made-up\n")
            .Text($"{directory}/cmdline", "made-up\0")
            .Text($"{directory}/stat", $"{directory} (made-up) S 1 1 1 0 -1 0 0 0 0 0\n")
            .Text($"{directory}/maps", $"{address:x}-{end:x} rw-p 00000000 00:00 0 \n")
            .Words($"{directory}/pagemap", address / Machine.PageSize, entries);
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
