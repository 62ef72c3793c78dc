using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>What the shared support has, as the library's types.</summary>
internal static class SupportExtensions
{
    extension(FakeProc proc)
    {
        public ProcRoot Root => new(proc.Path);
    }

    extension(TargetRegion region)
    {
        public AddressRange Range => new(region.Start, region.End);
    }
}
