using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

internal sealed unsafe class HeldMemoryProcess : TestProcess
{
    private const int IpcPrivate = 0;
    private const int IpcCreateOwnerReadWrite = 0x200 | 0x180;
    private const int IpcRemove = 0;
    private const int Remap = 0x4000;

    public override string Name => "held";

    public override string Summary =>
        "of=memfd pages=2048 mappings=1 dir=/var/tmp: memory that may outlive the process, every page written: a memfd, anonymous " +
        "(of=anon), unlinked or named in /dev/shm (of=unlinked, named), a System V segment (of=sysv, or sysv-removed after IPC_RMID), a " +
        "file on a disk (of=file, or deleted); mapped so many times, or with mappings=0 filled by write() alone. After SIGKILL the " +
        "caller removes what expect names: path, segment";

    public override void Make(Context context)
    {
        int pages = context.Options.GetNumber("pages", 2048);
        int mappings = context.Options.GetNumber("mappings", 1);
        string of = context.Options.GetText("of", "memfd");
        string directory = context.Options.GetText("dir", "/var/tmp");
        long length = (long)pages * MappedRegion.PageSize;
        string path = Path.Combine(of is "unlinked" or "named" ? "/dev/shm" : directory, BackingFile.MakeUniqueName("held"));
        MappedRegion first;
        if (of is "sysv" or "sysv-removed")
        {
            first = MapSegment(context, length, isRemoved: of is "sysv-removed", out string id);
            context.Add(Name, first).WithAll("written").With("segment", id);
        }
        else if (of is "anon")
        {
            first = MappedRegion.Map(context, length, Libc.ProtReadWrite, Libc.MapShared | Libc.MapAnonymous, -1);
            context.Add(Name, first).WithAll("written");
        }
        else
        {
            MapFile(context, of, path, pages, mappings);
            return;
        }

        first.WriteAll();
    }

    private void MapFile(Context context, string of, string path, int pages, int mappings)
    {
        BackingFile file = of is "memfd" ? BackingFile.CreateInMemory(context, Name) : BackingFile.Create(context, path);
        file.Resize((long)pages * MappedRegion.PageSize).Fill(pages);
        if (of is "unlinked" or "deleted")
        {
            file.Unlink();
        }

        Region region = mappings == 0
            ? context.Add(Name, Environment.ProcessId, 0, 0)
            : context.Add(Name, Map(context, file, pages));
        for (int mapping = 1; mapping < mappings; mapping++)
        {
            Map(context, file, pages);
        }

        region.With("fd", file.Descriptor.ToString()).With("path", of is "named" or "file" ? path : "");
    }

    private static MappedRegion Map(Context context, BackingFile file, int pages)
    {
        MappedRegion region = MappedRegion.MapShared(context, file.Descriptor, (long)pages * MappedRegion.PageSize);
        region.WriteAll();
        return region;
    }

    private static MappedRegion MapSegment(Context context, long length, bool isRemoved, out string id)
    {
        int segment = Libc.GetSharedMemory(IpcPrivate, (nuint)length, IpcCreateOwnerReadWrite).OrSkip("shmget");
        context.OnExit(() => _ = Libc.ControlSharedMemory(segment, IpcRemove, null));
        id = segment.ToString();
        MappedRegion region = MappedRegion.Reserve(context, length);
        _ = Libc.AttachSharedMemory(segment, region.Address, Remap).OrFail("shmat");
        if (isRemoved)
        {
            Libc.ControlSharedMemory(segment, IpcRemove, null).OrFail("shmctl(IPC_RMID)");
        }

        return region;
    }
}

internal sealed class ForkedSwapProcess : TestProcess
{
    public override string Name => "forked-swap";

    public override string Summary =>
        $"pages=256 children=4 {Swapping.Keys}: private anonymous pages that were swapped out before the process forked: each slot of swap has several references";

    public override void Make(Context context)
    {
        long length = (long)context.Options.GetNumber("pages", 256) * MappedRegion.PageSize;
        int children = context.Options.GetNumber("children", 4);
        Machine.SwapArea.Ensure(context);
        MappedRegion mapping = MappedRegion.MapAnonymous(context, length);
        mapping.WriteAll();
        Swapping.PageOut(mapping);
        context.Add(Name, mapping).WithAll("swapped");
        for (int child = 0; child < children; child++)
        {
            ClonedChild.StartSleeping(context);
        }
    }
}

internal sealed class SharedSpaceProcess : TestProcess
{
    public override string Name => "clone-vm";

    public override string Summary => "pages=2048: private anonymous pages, all written, and a child that uses the same address space (CLONE_VM)";

    public override void Make(Context context)
    {
        MappedRegion mapping = MappedRegion.MapAnonymous(context, (long)context.Options.GetNumber("pages", 2048) * MappedRegion.PageSize);
        mapping.WriteAll();
        ClonedChild.StartSharingMemory(context);
        context.Add(Name, mapping).WithAll("written");
    }
}

internal sealed class PartsProcess : TestProcess
{
    public override string Name => "parts";

    public override string Summary =>
        "file=200MiB anon=20MiB memfd=20MiB dir=/var/tmp: a shared mapping of a file, every page read; private anonymous memory and a memfd, every page written";

    public override void Make(Context context)
    {
        long size = context.Options.GetSize("file", "200MiB");
        BackingFile file = BackingFile.Create(context, Path.Combine(context.Options.GetText("dir", "/var/tmp"), BackingFile.MakeUniqueName(Name))).Resize(size);
        MappedRegion shared = MappedRegion.MapShared(context, file.Descriptor, size);
        shared.Read(Enumerable.Range(0, shared.PageCount));
        context.Add("file", shared).WithAll("read");

        MappedRegion anonymous = MappedRegion.MapAnonymous(context, context.Options.GetSize("anon", "20MiB"));
        anonymous.WriteAll();
        context.Add("anon", anonymous).WithAll("written");

        long length = context.Options.GetSize("memfd", "20MiB");
        MappedRegion memory = MappedRegion.MapShared(context, BackingFile.CreateInMemory(context, Name).Resize(length).Descriptor, length);
        memory.WriteAll();
        context.Add("memfd", memory).WithAll("written");
    }
}
