using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Processes;

/// <summary>The process that a mapping and its pages belong to, and the properties of the machine that decode them.</summary>
internal sealed record ProcessContext(int Id, string Name, SwapTypes SwapTypes, SoftDirty? SoftDirty = null, MountedDevices? Devices = null);
