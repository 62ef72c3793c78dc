using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class DenseProcess : TestProcess
{
    public override string Name => "dense";

    public override string Summary => "gib=4 (or size=) huge=0: private anonymous pages, all written; huge=1: in transparent huge pages";

    public override void Make(Context context)
    {
        string gib = context.Options.GetText("gib", "4");
        long size = context.Options.GetSize("size", gib + "GiB");
        MemoryInfo.RequireAvailable(size);
        MappedRegion mapping = context.Options.GetFlag("huge") ? MapHuge(context, size) : MappedRegion.MapAnonymous(context, size);
        mapping.WriteAll();
        context.Add(Name, mapping).WithAll("written");
    }

    private static MappedRegion MapHuge(Context context, long size)
    {
        HugePages.EnableTransparent(context);
        return HugePages.MapForHuge(context, size);
    }
}

internal sealed class ScatteredProcess : TestProcess
{
    public override string Name => "scattered";

    public override string Summary => "reserve=16TiB pages=16384: a PROT_READ|PROT_WRITE reservation, pages written at even strides";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("reserve", "16TiB");
        int pages = context.Options.GetNumber("pages", 16384);
        long stride = size / pages / MappedRegion.PageSize * MappedRegion.PageSize;
        MappedRegion mapping = MappedRegion.MapAnonymous(context, size);
        for (int page = 0; page < pages; page++)
        {
            mapping.WriteByte(page * stride);
        }

        context.Add(Name, mapping).With("written-count", pages.ToString()).With("stride-bytes", stride.ToString());
    }
}

internal sealed class ManyMappingsProcess : TestProcess
{
    private const string Limit = "/proc/sys/vm/max_map_count";
    // The number of mappings left for the runtime.
    private const int Margin = 5000;

    public override string Name => "many-mappings";

    public override string Summary =>
        "count=70000 written=0: adjacent one-page mappings, odd ones read-only and even ones writable; " +
        "written=1 writes the writable ones; fewer if the process cannot raise vm.max_map_count";

    public override void Make(Context context)
    {
        int count = context.Options.GetNumber("count", 70_000);
        bool written = context.Options.GetFlag("written");
        long limit = SystemSetting.ReadNumber(Limit);
        if (limit < count + Margin)
        {
            FacilityLock.Take(context, "max_map_count");
            count = SystemSetting.TrySet(context, Limit, (count + Margin).ToString()) ? count : (int)(limit - Margin);
        }

        MappedRegion mapping = MappedRegion.MapAnonymous(context, (long)count * MappedRegion.PageSize);
        for (int page = 1; page < count; page += 2)
        {
            mapping.Slice(page, 1).Protect(Libc.ProtRead);
        }

        if (written)
        {
            mapping.Write(PageList.Parse("even", count));
        }

        context.Add(Name, mapping).With("mappings", count.ToString()).With("written", written ? $"0-{count - 1}/2" : "none");
    }
}

internal sealed class FarmProcess : TestProcess
{
    public override string Name => "farm";

    public override string Summary =>
        "size=1GiB children=100 private=20MiB: a parent whose pages are all written, and children forked from it, each of which " +
        "has copies of the first pages (private=)";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("size", "1GiB");
        int children = context.Options.GetNumber("children", 100);
        long copied = context.Options.GetSize("private", "20MiB");
        MemoryInfo.RequireAvailable(size + (children * (copied + GetPageTableSize(size))));
        MappedRegion mapping = MappedRegion.MapAnonymous(context, size);
        mapping.WriteAll();
        int copies = (int)(copied / MappedRegion.PageSize);
        for (int number = 0; number < children; number++)
        {
            // A child that is forked later shares the parent's pages, not the copies of the children before it.
            ClonedChild.StartSleeping(context).Write(mapping, Enumerable.Range(0, copies));
        }

        context.Add(Name, mapping).WithAll("written");
    }

    private static long GetPageTableSize(long size) => size / MappedRegion.PageSize * sizeof(ulong);
}
