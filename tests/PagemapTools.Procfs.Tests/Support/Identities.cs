using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Processes and machines that the parsing types need to know of.</summary>
internal static class Identities
{
    /// <summary>One swap area, and no knowledge of the kernel's configuration.</summary>
    public static SwapTypes OneArea { get; } = new(["/swapfile"], special: null);

    public static ProcessContext Process { get; } = new(7, "made-up", OneArea);

    public static MemoryMapping CreateMapping(ulong start, ulong end) => new(Process) { Start = start, End = end, Permissions = "rw-p" };
}
