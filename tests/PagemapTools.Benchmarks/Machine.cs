using System.Globalization;
using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks;

/// <summary>The machine of the measurement.</summary>
internal sealed record Machine(string Kernel, string Processor, int ProcessorCount, long MemoryBytes, string Runtime)
{
    public static Machine Read() => new(
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        MemoryField("MemTotal"),
        RuntimeInformation.FrameworkDescription);

    public static long ReadAvailableBytes() => MemoryField("MemAvailable");

    /// <summary>The one-minute load average, which shows whether other processes used the processors.</summary>
    public static string ReadLoad() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static long MemoryField(string name) => ReadKibibytes("/proc/meminfo", name) * 1024;

    /// <summary>A field in kB of a file such as meminfo, status or smaps_rollup; 0 if the file has no such field.</summary>
    public static long ReadKibibytes(string path, string name) =>
        Field(path, name) is { } text ? long.Parse(text.Split(' ')[0], CultureInfo.InvariantCulture) : 0;

    private static string? Field(string path, string name)
    {
        foreach (string line in File.ReadLines(path))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && line.AsSpan(0, colon).TrimEnd().SequenceEqual(name))
            {
                return line[(colon + 1)..].Trim();
            }
        }

        return null;
    }
}
