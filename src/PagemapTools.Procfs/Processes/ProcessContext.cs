using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Processes;

/// <summary>The process that a mapping and its pages belong to, and the machine that they are decoded by.</summary>
internal sealed record ProcessContext(int Id, string Name, SwapTypes SwapTypes, SoftDirty? SoftDirty = null);
