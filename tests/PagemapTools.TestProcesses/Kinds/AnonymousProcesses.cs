using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class AnonymousProcess : PlainProcess
{
    public override string Name => "anon";

    protected override string Description => "private anonymous pages";

    protected override int PageCount => 64;

    protected override string Read => "none";

    protected override string Written => "even";

    protected override MappedRegion Map(Context context, int pageCount) =>
        MappedRegion.MapAnonymous(context, (long)pageCount * MappedRegion.PageSize);
}

internal sealed class ZeroPageProcess : PlainProcess
{
    public override string Name => "anon-read";

    protected override string Description => "private anonymous pages, only read: the zero page";

    protected override string Read => "0-11";

    protected override string Written => "none";

    protected override MappedRegion Map(Context context, int pageCount) =>
        MappedRegion.MapAnonymous(context, (long)pageCount * MappedRegion.PageSize);
}

internal sealed class SoftDirtyProcess : PlainProcess
{
    public override string Name => "soft-dirty";

    protected override string Description => "private anonymous pages, all written";

    protected override int PageCount => 64;

    protected override string Read => "none";

    protected override string Written => "all";

    protected override MappedRegion Map(Context context, int pageCount) =>
        MappedRegion.MapAnonymous(context, (long)pageCount * MappedRegion.PageSize);
}

internal sealed class LockedProcess : TestProcess
{
    public override string Name => "mlocked";

    public override string Summary =>
        "pages=16: mlocked (mlock populates it), on-fault (MLOCK_ONFAULT, even pages written)";

    public override void Make(Context context)
    {
        long length = (long)context.Options.GetNumber("pages", 16) * MappedRegion.PageSize;
        MappedRegion locked = MappedRegion.MapAnonymous(context, length);
        Libc.Lock(locked.Address, (nuint)length, 0).OrSkip("mlock2");
        locked.WriteAll();
        context.Add("mlocked", locked).WithAll("written");

        MappedRegion onFault = MappedRegion.MapAnonymous(context, length);
        Libc.Lock(onFault.Address, (nuint)length, Libc.MlockOnFault).OrSkip("mlock2(MLOCK_ONFAULT)");
        int[] written = PageList.Parse("even", onFault.PageCount);
        onFault.Write(written);
        context.Add("on-fault", onFault).With("written", written);
    }
}

internal sealed class ProtectNoneProcess : TestProcess
{
    public override string Name => "prot-none";

    public override string Summary =>
        "size=1GiB pages=16: reserved (PROT_NONE, never touched), written-then-none (written, then mprotect to PROT_NONE: still resident)";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("size", "1GiB");
        long length = (long)context.Options.GetNumber("pages", 16) * MappedRegion.PageSize;
        context.Add("reserved", MappedRegion.MapAnonymous(context, size, Libc.ProtNone)).With("written", "none");

        MappedRegion written = MappedRegion.MapAnonymous(context, length);
        written.WriteAll();
        written.Protect(Libc.ProtNone);
        context.Add("written-then-none", written).WithAll("written");
    }
}
