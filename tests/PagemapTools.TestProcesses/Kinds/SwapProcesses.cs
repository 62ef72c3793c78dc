using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal static class Swapping
{
    public const string Keys =
        "area=32MiB dir=/var/tmp (a swap file), or swap=/dev/... (a blank device), own=0 (1: makes an area even if another one is active)";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    /// <summary>Repeats MADV_PAGEOUT, which skips pages in use and pages under writeback.</summary>
    public static void PageOut(MappedRegion region)
    {
        if (!Wait.Until(() => region.TryAdvise(Libc.MadvPageOut) && Smaps.SumBytes(region, "Swap") == region.Length, s_patience))
        {
            long swapped = Smaps.SumBytes(region, "Swap");
            throw new SkippedException($"MADV_PAGEOUT: {swapped} bytes in swap after {s_patience.TotalSeconds} s, of {region.Length}");
        }
    }
}

internal sealed class SwappedProcess : TestProcess
{
    private SwapArea? _area;

    public override string Name => "swapped";

    public override string Summary =>
        $"pages=256 two=0 {Swapping.Keys}: private anonymous pages in swap, first quarter read again (in the swap " +
        "cache), second quarter written again; two=1: region second lies in a second area (a file, or " +
        "swap2=/dev/...); next: swapoff of the first area";

    public override void Make(Context context)
    {
        long length = (long)context.Options.GetNumber("pages", 256) * MappedRegion.PageSize;
        bool two = context.Options.GetFlag("two");
        _area = SwapArea.Ensure(context);
        AddRegion(context, Name, length, _area);
        if (two)
        {
            // The kernel swaps out to the area of higher priority from now on.
            AddRegion(context, "second", length, SwapArea.Make(context, "swap2", priority: 2));
        }
    }

    public override void Next(Context context, int step, string argument)
    {
        if (step == 1 && _area is not null)
        {
            // swapoff reads all pages into memory, even if a second area has free slots.
            _area.TurnOff();
            context[Name].With("swapped", "none").WithAll("present");
        }
    }

    private static void AddRegion(Context context, string name, long length, SwapArea? area)
    {
        MappedRegion mapping = MappedRegion.MapAnonymous(context, length);
        mapping.WriteAll();
        Swapping.PageOut(mapping);
        int quarter = mapping.PageCount / 4;
        int[] read = [.. Enumerable.Range(0, quarter)];
        int[] written = [.. Enumerable.Range(quarter, quarter)];
        mapping.Read(read);
        mapping.Write(written);
        context.Add(name, mapping).With("read-back", read).With("written-back", written)
            .With("swapped", PageList.Format(2 * quarter, mapping.PageCount - 2 * quarter)).With("area", area?.Path ?? "existing");
    }
}

internal sealed class SharedSwappedProcess : TestProcess
{
    private SwapArea? _area;

    public override string Name => "shared-swapped";

    public override string Summary =>
        $"pages=256 zswap=1 {Swapping.Keys}: a shared memfd, first half in swap (entry 0; swap-cache: what mincore " +
        "still finds in memory; none with zswap=1, if the kernel has zswap), third quarter in " +
        "memory, the rest a hole; next: swapoff (first half in the page cache, entry still 0)";

    public override void Make(Context context)
    {
        int pageCount = context.Options.GetNumber("pages", 256);
        long length = (long)pageCount * MappedRegion.PageSize;
        _area = SwapArea.Ensure(context);
        MappedRegion mapping = MappedRegion.MapShared(context, BackingFile.CreateInMemory(context, Name).Resize(length).Descriptor, length);
        int half = pageCount / 2;
        int[] present = [.. Enumerable.Range(half, pageCount / 4)];
        if (context.Options.GetText("zswap", "1") is not "0")
        {
            // A page written to a disk stays in the swap cache until memory is short. A page stored in zswap leaves the swap cache at once.
            SystemSetting.TrySet(context, "/sys/module/zswap/parameters/enabled", "Y");
        }

        mapping.Write(Enumerable.Range(0, half));
        MappedRegion swapped = mapping.Slice(0, half);
        Swapping.PageOut(swapped);
        mapping.Write(present);
        context.Add(Name, mapping).With("swapped", PageList.Format(0, half)).With("mapped", present)
            .With("hole", Enumerable.Range(0, pageCount).Skip(half).Except(present))
            .With("area", _area?.Path ?? "existing").With("swap-cache", swapped.FindPagesInCore());
    }

    public override void Next(Context context, int step, string argument)
    {
        if (step == 1 && _area is not null)
        {
            _area.TurnOff();
            Region region = context[Name];
            region.With("zapped", region.Expect["swapped"]).With("swapped", "none").With("swap-cache", "none");
        }
    }
}
