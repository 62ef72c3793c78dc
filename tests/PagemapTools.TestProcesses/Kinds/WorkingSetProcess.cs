using PagemapTools.TestProcesses.Machine;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>A process that has much memory and uses little of it.</summary>
internal sealed class WorkingSetProcess : TestProcess
{
    public override string Name => "working-set";

    public override string Summary => "size=256MiB hot=16MiB huge=0: private anonymous pages, all written; with huge=1, huge pages that PMDs map; then a thread writes the first of them again and again";

    public override void Make(Context context)
    {
        MappedRegion region = Map(context, context.Options.GetSize("size", "256MiB"));
        int hot = (int)(context.Options.GetSize("hot", "16MiB") / MappedRegion.PageSize);
        WriteOnce(region, region.PageCount);
        context.Add(Name, region).With("hot", $"{hot}");

        ManualResetEventSlim isEnding = new();
        Thread writer = new(() => WriteUntil(isEnding, region, hot)) { IsBackground = true };
        writer.Start();
        context.OnExit(() =>
        {
            isEnding.Set();
            writer.Join();
            isEnding.Dispose();
        });
    }

    private static MappedRegion Map(Context context, long size)
    {
        if (!context.Options.GetFlag("huge"))
        {
            return MappedRegion.MapAnonymous(context, size);
        }

        HugePages.EnableTransparent(context);
        return HugePages.MakeTransparent(context, (int)(size / HugePages.GetPmdSize()));
    }

    private static void WriteUntil(ManualResetEventSlim isEnding, MappedRegion region, int pages)
    {
        // The pause lets other programs run on a machine with one processor.
        while (!isEnding.Wait(TimeSpan.FromMilliseconds(1)))
        {
            WriteOnce(region, pages);
        }
    }

    private static void WriteOnce(MappedRegion region, int pages)
    {
        for (int page = 0; page < pages; page++)
        {
            region.WriteByte((long)page * MappedRegion.PageSize);
        }
    }
}
