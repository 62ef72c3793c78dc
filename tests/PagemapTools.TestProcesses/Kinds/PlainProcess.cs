namespace PagemapTools.TestProcesses.Kinds;

/// <summary>
/// A process with one region. It reads some pages, then writes some; the others stay untouched.
/// "next LIST" writes the pages of the list.
/// </summary>
internal abstract class PlainProcess : TestProcess
{
    private MappedRegion? _mapping;

    public sealed override string Summary =>
        $"pages={PageCount} read={Read} written={Written}{(AcceptsChild ? " child=0" : "")}{Keys}: {Description}; next LIST " +
        "(else the read pages, or else the untouched ones): writes pages";

    protected virtual int PageCount => 16;

    protected virtual string Read => "4-7";

    protected virtual string Written => "0-3";

    protected virtual string Keys => "";

    /// <summary>Whether the kind accepts child=1, for a child process that maps the touched pages too.</summary>
    protected virtual bool AcceptsChild => false;

    protected abstract string Description { get; }

    public override void Make(Context context)
    {
        int pageCount = context.Options.GetNumber("pages", PageCount);
        int[] written = context.Options.GetPages("written", Written, pageCount);
        int[] read = [.. context.Options.GetPages("read", Read, pageCount).Except(written)];
        _mapping = Map(context, pageCount);
        Region region = context.Add(Name, _mapping);
        // Reads before it writes: a read fault also maps the neighbouring pages in the page cache (fault-around).
        _mapping.Read(read);
        _mapping.Write(written);
        region.With("read", read).With("written", written)
            .With("untouched", Enumerable.Range(0, pageCount).Except(read).Except(written));
        Describe(region);
        if (AcceptsChild && context.Options.GetFlag("child"))
        {
            ClonedChild child = ClonedChild.StartSleeping(context);
            // A child gets no page table entries for a shared mapping, so it takes its own faults.
            child.Read(_mapping, [.. read, .. written]);
            context.Add($"{Name}-child", child.ProcessId, _mapping.Address, _mapping.Length)
                .With("read", [.. read, .. written]);
        }
    }

    public override void Next(Context context, int step, string argument)
    {
        Region region = context[Name];
        string fallback = region.Expect["read"] is "none" ? region.Expect["untouched"] : region.Expect["read"];
        int[] pages = PageList.Parse(argument.Length > 0 ? argument : fallback, _mapping!.PageCount);
        _mapping.Write(pages);
        region.Move("written", pages, "read", "untouched");
    }

    protected abstract MappedRegion Map(Context context, int pageCount);

    protected virtual void Describe(Region region)
    {
    }
}
