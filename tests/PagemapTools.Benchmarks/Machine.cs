using System.Globalization;
using System.Runtime.InteropServices;

namespace PagemapTools.Benchmarks;

/// <summary>What the figures were measured on.</summary>
internal sealed record Machine(string Kernel, string Processor, int ProcessorCount, long MemoryBytes, string Runtime)
{
    public static Machine Read() => new(
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        Field("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
        Environment.ProcessorCount,
        MemoryField("MemTotal"),
        RuntimeInformation.FrameworkDescription);

    public static long AvailableBytes() => MemoryField("MemAvailable");

    /// <summary>The one-minute load average: whether others compute on the same cores.</summary>
    public static string Load() => File.ReadAllText("/proc/loadavg").Split(' ')[0];

    private static long MemoryField(string name) => KibibytesOf("/proc/meminfo", name) * 1024;

    /// <summary>A field in kB of a file such as meminfo, status or smaps_rollup; 0 if it is not there.</summary>
    public static long KibibytesOf(string path, string name) =>
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
