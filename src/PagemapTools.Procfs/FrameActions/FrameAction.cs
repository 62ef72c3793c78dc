using System.Diagnostics.CodeAnalysis;

namespace PagemapTools.Procfs.FrameActions;

/// <summary>What is done with a page frame, by the kernel's handling of damaged memory (mm/memory-failure.c).</summary>
[SuppressMessage("Design", "CA1028:Enum Storage should be Int32", Justification = "ConvertTo-Json writes a 64-bit enumeration by name.")]
public enum FrameAction : long
{
    /// <summary>The kernel moves the content to another page frame, or drops it where it can be read again, and never uses the frame again. No process notices.</summary>
    SoftOffline,

    /// <summary>The kernel takes the frame as damaged: its content is lost. A process that maps the only copy gets SIGBUS when it accesses the page. Linux counts it as a simulation, which Unpoison can undo.</summary>
    HardOffline,

    /// <summary>The same as HardOffline, by the facility for tests (debugfs, hwpoison-inject).</summary>
    Poison,

    /// <summary>The kernel uses the frame again (debugfs, hwpoison-inject). It refuses that for every frame after the hardware itself reported a damaged one.</summary>
    Unpoison,
}
