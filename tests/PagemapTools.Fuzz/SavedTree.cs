using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Fuzz;

/// <summary>A tree with the layout of proc, in memory if the machine has /dev/shm. Its files stay open and are written again for each input.</summary>
internal sealed class SavedTree : IDisposable
{
    public const int ProcessId = 77;

    private const string SharedMemory = "/dev/shm";

    private readonly Dictionary<string, SafeFileHandle> _files = new(StringComparer.Ordinal);
    private readonly DirectoryInfo _directory;

    public SavedTree()
    {
        _directory = Directory.Exists(SharedMemory)
            ? Directory.CreateDirectory(Path.Join(SharedMemory, $"pagemaptools-fuzz-{Environment.ProcessId}"))
            : Directory.CreateTempSubdirectory("pagemaptools-fuzz-");
        _directory.CreateSubdirectory(ProcessId.ToString(CultureInfo.InvariantCulture));
        _directory.CreateSubdirectory("sys/kernel");
        _directory.CreateSubdirectory("sysvipc");
        Root = new ProcRoot(_directory.FullName);
        WriteProcess("comm", "fuzz\n"u8);
        WriteProcess("cmdline", "fuzz\0"u8);
        WriteProcess("stat", Stat);
        WriteProcess("maps", "00400000-00402000 rw-p 00000000 00:00 0 \n"u8);
        WriteProcess("pagemap", new byte[8 * 0x402]);
        Write("sys/kernel/osrelease", "6.18.0\n"u8);
    }

    /// <summary>The stat of a process that is alive.</summary>
    public static ReadOnlySpan<byte> Stat =>
        "77 (fuzz) S 1 77 77 0 -1 4194304 100 0 0 0 1 1 0 0 20 0 1 0 100 1000 100 18446744073709551615 1 2 3 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 4 5 6 7 8 9 10 0\n"u8;

    public ProcRoot Root { get; }

    public string GetPath(string name) => Path.Join(_directory.FullName, name);

    public void WriteProcess(string file, ReadOnlySpan<byte> content) => Write(string.Create(CultureInfo.InvariantCulture, $"{ProcessId}/{file}"), content);

    public void Write(string name, ReadOnlySpan<byte> content)
    {
        if (!_files.TryGetValue(name, out SafeFileHandle? file))
        {
            file = File.OpenHandle(GetPath(name), FileMode.Create, FileAccess.ReadWrite, FileShare.ReadWrite);
            _files.Add(name, file);
        }

        RandomAccess.SetLength(file, content.Length);
        RandomAccess.Write(file, content, 0);
    }

    public void Dispose()
    {
        foreach (SafeFileHandle file in _files.Values)
        {
            file.Dispose();
        }

        _directory.Delete(recursive: true);
    }
}
