namespace PagemapTools.TestProcesses.Kinds;

internal sealed class ForkProcess : TestProcess
{
    private MappedRegion? _mapping;
    private ClonedChild? _child;

    public override string Name => "fork";

    public override string Summary =>
        "pages=16: parent and child after a fork, all pages written before the fork; next: the child writes the first half; next: the child exits";

    public override void Make(Context context)
    {
        _mapping = MappedRegion.MapAnonymous(context, (long)context.Options.GetNumber("pages", 16) * MappedRegion.PageSize);
        _mapping.WriteAll();
        _child = ClonedChild.StartSleeping(context);
        context.Add("parent", _mapping).WithAll("shared").With("exclusive", "none");
        context.Add("child", _child.ProcessId, _mapping.Address, _mapping.Length).WithAll("shared").With("exclusive", "none");
    }

    public override void Next(Context context, int step, string argument)
    {
        if (step == 1)
        {
            int half = _mapping!.PageCount / 2;
            _child!.Write(_mapping, Enumerable.Range(0, half));
            foreach (Region region in context.Regions)
            {
                region.With("exclusive", PageList.Format(0, half)).With("shared", PageList.Format(half, _mapping.PageCount - half));
            }
        }
        else if (step == 2)
        {
            _child!.KillAndReap();
            context.Regions.Remove(context["child"]);
            context["parent"].WithAll("exclusive").With("shared", "none");
        }
    }
}

internal sealed class ZombieProcess : TestProcess
{
    private ClonedChild? _child;

    public override string Name => "zombie";

    public override string Summary => "a zombie child (children[0]); next: reaps the child";

    public override void Make(Context context)
    {
        _child = ClonedChild.StartExiting(context);
        if (!Machine.Wait.Until(() => _child.GetState() == 'Z', TimeSpan.FromSeconds(10)))
        {
            throw new TestProcessException($"the child is in state {_child.GetState()}, not Z");
        }
    }

    public override void Next(Context context, int step, string argument) => _child!.KillAndReap();
}
