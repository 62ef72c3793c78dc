namespace PagemapTools.TestProcesses.Machine;

/// <summary>Reads /proc/meminfo.</summary>
internal static class MemoryInfo
{
    // The memory left for the kernel and the test.
    private const long Margin = 512L << 20;

    /// <summary>Returns a field, in kB if it has a unit.</summary>
    public static long GetField(string name)
    {
        string? line = File.ReadLines("/proc/meminfo").FirstOrDefault(line => line.StartsWith(name + ':', StringComparison.Ordinal));
        return line is null
            ? throw new SkippedException($"/proc/meminfo has no {name}")
            : long.Parse(line.AsSpan(name.Length + 1).TrimEnd("kB"));
    }

    /// <summary>Skips if an allocation of this size would make the machine swap or invoke the OOM killer.</summary>
    public static void RequireAvailable(long bytes)
    {
        long available = GetField("MemAvailable") * 1024;
        if (available < bytes + Margin)
        {
            throw new SkippedException($"{bytes >> 20} MiB are wanted, and {available >> 20} MiB are available");
        }
    }
}
