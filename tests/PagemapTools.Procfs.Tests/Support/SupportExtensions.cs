using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Converts values of the shared test support to the types of the library.</summary>
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
