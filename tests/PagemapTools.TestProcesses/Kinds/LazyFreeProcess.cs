using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class LazyFreeProcess : TestProcess
{
    private const int MadvFree = 8;

    public override string Name => "lazy-free";

    public override string Summary => "2048 pages, all written, released with MADV_FREE, and 0-511 written again";

    public override void Make(Context context)
    {
        MappedRegion mapping = MappedRegion.MapAnonymous(context, 2048L * MappedRegion.PageSize);
        mapping.WriteAll();
        mapping.Advise(MadvFree, "MADV_FREE");
        mapping.Write(Enumerable.Range(0, 512));
        context.Add(Name, mapping).With("written", "0-511").With("released", "512-2047");
    }
}
