using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed class MemoryFileProcess : PlainProcess
{
    public override string Name => "memfd";

    protected override string Description => "MAP_SHARED of a memfd";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        return MappedRegion.MapShared(context, BackingFile.CreateInMemory(context, "test").Resize(length).Descriptor, length);
    }
}

internal sealed class PosixSharedMemoryProcess : PlainProcess
{
    public override string Name => "posix-shm";

    protected override string Description => "MAP_SHARED of a file in /dev/shm, as shm_open makes it";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        BackingFile file = BackingFile.Create(context, "/dev/shm/" + BackingFile.MakeUniqueName("posix"));
        return MappedRegion.MapShared(context, file.Resize(length).Descriptor, length);
    }
}

internal sealed class SystemVSharedMemoryProcess : PlainProcess
{
    public override string Name => "sysv-shm";

    protected override string Description => "a System V segment (shmget, shmat)";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount) =>
        SystemVSegment.Attach(context, (long)pageCount * MappedRegion.PageSize);
}

internal sealed class FirstSystemVSharedMemoryProcess : PlainProcess
{
    public override string Name => "sysv-shm-first";

    protected override string Description => "the first System V segment of an IPC namespace, as in a container: its id and inode are 0";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount)
    {
        SystemVSegment.EnterNewNamespace();
        return SystemVSegment.Attach(context, (long)pageCount * MappedRegion.PageSize);
    }
}

internal sealed class TmpfsFileProcess : PlainProcess
{
    public override string Name => "tmpfs-file";

    protected override string Description => "MAP_SHARED of a sparse file on its own tmpfs (detached=1: unmounts the tmpfs after the mapping)";

    protected override string Keys => " detached=0";

    protected override bool AcceptsChild => true;

    protected override MappedRegion Map(Context context, int pageCount)
    {
        long length = (long)pageCount * MappedRegion.PageSize;
        Mount tmpfs = Mount.Attach(context, "tmpfs", "mode=0700");
        BackingFile file = BackingFile.Create(context, Path.Combine(tmpfs.Directory, "file"));
        MappedRegion region = MappedRegion.MapShared(context, file.Resize(length).Descriptor, length);
        if (context.Options.GetFlag("detached"))
        {
            tmpfs.Detach();
        }

        return region;
    }
}

internal sealed class ZappedProcess : TestProcess
{
    private MappedRegion? _mapping;

    public override string Name => "shared-zapped";

    public override string Summary =>
        "pages=16: a shared memfd; first half written and zapped (MADV_DONTNEED: in the page cache, entry 0), " +
        "third quarter written, the rest a hole; next: writes page 0 again";

    public override void Make(Context context)
    {
        int pageCount = context.Options.GetNumber("pages", 16);
        int[] zapped = [.. Enumerable.Range(0, pageCount / 2)];
        int[] mapped = [.. Enumerable.Range(pageCount / 2, pageCount / 4)];
        long length = (long)pageCount * MappedRegion.PageSize;
        _mapping = MappedRegion.MapShared(context, BackingFile.CreateInMemory(context, Name).Resize(length).Descriptor, length);
        _mapping.Write(zapped);
        _mapping.Write(mapped);
        _mapping.Slice(0, zapped.Length).Advise(Libc.MadvDontNeed, "MADV_DONTNEED");
        context.Add(Name, _mapping).With("zapped", zapped).With("mapped", mapped)
            .With("hole", Enumerable.Range(0, pageCount).Except(zapped).Except(mapped));
    }

    public override void Next(Context context, int step, string argument)
    {
        // A read fault would map the neighbouring pages too (fault-around).
        _mapping!.Write([0]);
        context[Name].Move("mapped", [0], "zapped");
    }
}

internal sealed class MappedTwiceProcess : TestProcess
{
    private MappedRegion? _second;

    public override string Name => "mapped-twice";

    public override string Summary =>
        "pages=16: one memfd mapped twice (first, second) by the same process; page 0 of both and page 1 of the " +
        "first written; next: writes page 1 of the second";

    public override void Make(Context context)
    {
        long length = (long)context.Options.GetNumber("pages", 16) * MappedRegion.PageSize;
        int fd = BackingFile.CreateInMemory(context, Name).Resize(length).Descriptor;
        MappedRegion first = MappedRegion.MapShared(context, fd, length);
        _second = MappedRegion.MapShared(context, fd, length);
        // A write fault on shared memory maps only one page; a read fault would map the neighbouring pages too.
        first.Write([0, 1]);
        _second.Write([0]);
        context.Add("first", first).With("written", "0-1");
        context.Add("second", _second).With("written", "0");
    }

    public override void Next(Context context, int step, string argument)
    {
        _second!.Write([1]);
        context["second"].With("written", "0-1");
    }
}
