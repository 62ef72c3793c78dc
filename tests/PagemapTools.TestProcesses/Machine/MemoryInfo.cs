namespace PagemapTools.TestProcesses.Machine;

/// <summary>What /proc/meminfo says.</summary>
internal static class MemoryInfo
{
    // The kernel and the test beside the test process want to live too.
    private const long Margin = 512L << 20;

    /// <summary>A field, in kB where it has a unit.</summary>
    public static long Field(string name)
    {
        string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(name + ':', StringComparison.Ordinal));
        return line is null
            ? throw new SkippedException($"/proc/meminfo has no {name}")
            : long.Parse(line.AsSpan(name.Length + 1).TrimEnd("kB"));
    }

    /// <summary>Skips where so much would drive the machine into swap, or a test process to its end.</summary>
    public static void Need(long bytes)
    {
        long available = Field("MemAvailable") * 1024;
        if (available < bytes + Margin)
        {
            throw new SkippedException($"{bytes >> 20} MiB are wanted, and {available >> 20} MiB are available");
        }
    }
}
