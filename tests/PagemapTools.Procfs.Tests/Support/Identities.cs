using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>The process context and the mappings that other types need.</summary>
internal static class Identities
{
    /// <summary>One swap area and an unknown kernel configuration.</summary>
    public static SwapTypes OneArea { get; } = new(["/swapfile"], layout: null);

    public static ProcessContext Process { get; } = new(7, "made-up", OneArea);

    public static MemoryMapping CreateMapping(ulong start, ulong end) => new(Process) { Start = start, End = end, Permissions = "rw-p" };
}
