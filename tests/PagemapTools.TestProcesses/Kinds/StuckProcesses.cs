using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>
/// A child whose memory map stays locked. A reader of its /proc/PID/mem waits for a page of a FUSE file whose server is silent, and holds
/// mmap_lock for reading meanwhile (mm/memory.c, __access_remote_vm). A writer of its clear_refs waits for the lock, and every later
/// reader waits behind the writer.
/// </summary>
internal sealed unsafe class LockedMapProcess : TestProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan s_timeToExecute = TimeSpan.FromMilliseconds(500);

    private FuseServer? _server;

    public override string Name => "locked-map";

    public override string Summary =>
        "a child whose memory map stays locked; then=exec: the child then executes a program and waits in exec, where it holds exec_update_lock, too; next: releases it";

    public override void Make(Context context)
    {
        FuseServer server = _server = FuseServer.Mount(context, MappedRegion.PageSize);
        MappedRegion file = MapFile(context, server);
        bool executes = context.Options.GetText("then", "") is "exec";
        ClonedChild child = executes ? ClonedChild.StartWaitingToExecute(context, "/bin/sleep", "3600") : ClonedChild.StartSleeping(context);
        server.FallSilent();

        Start(() => ReadMemory(child.ProcessId, file.Address));
        if (!server.WaitForRead(s_patience))
        {
            throw new TestProcessException("the server was asked for no page");
        }

        string? directory = null;
        Start(() =>
        {
            Volatile.Write(ref directory, $"/proc/{new FileInfo("/proc/thread-self").LinkTarget}");
            ClearReferences(child.ProcessId);
        });
        if (!Wait.Until(() => directory is not null && GetState(directory) == 'D', s_patience))
        {
            throw new TestProcessException("the writer of clear_refs is not blocked");
        }

        if (executes)
        {
            // On some kernels a reader of the child's stat waits, too, with ps and all its kin. So nothing is read here, and the trap ends by itself.
            child.Execute();
            Thread.Sleep(s_timeToExecute);
            Start(() =>
            {
                Thread.Sleep(s_patience);
                server.Release();
            });
        }

        // Undone first: the child cannot end before that.
        context.OnExit(server.Release);
    }

    public override void Next(Context context, int step, string argument) => _server!.Release();

    internal static MappedRegion MapFile(Context context, FuseServer server)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(server.FilePath + '\0'))
        {
            int descriptor = Libc.Open(path, 0, 0).OrFail("open of the file");
            MappedRegion region = MappedRegion.Map(context, MappedRegion.PageSize, Libc.ProtRead, Libc.MapPrivate, descriptor);
            Libc.Close(descriptor).OrFail("close");
            return region;
        }
    }

    internal static void Start(Action action) => new Thread(() => action()) { IsBackground = true }.Start();

    internal static char GetState(string thread)
    {
        string stat = File.ReadAllText($"{thread}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    internal static void ReadMemory(int processId, nuint address)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes($"/proc/{processId}/mem\0"))
        {
            int memory = Libc.Open(path, 0, 0);
            byte value;
            _ = Libc.ReadAt(memory, &value, 1, (long)address);
            _ = Libc.Close(memory);
        }
    }

    private static void ClearReferences(int processId)
    {
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes($"/proc/{processId}/clear_refs\0"))
        fixed (byte* command = "1\n"u8)
        {
            int file = Libc.Open(path, 1, 0);
            _ = Libc.Write(file, command, 2);
            _ = Libc.Close(file);
        }
    }
}

/// <summary>
/// Maps a file of a FUSE file system that was unmounted while in use and whose server is silent: statx, fstatfs and open of the
/// file wait for the server, and not even SIGKILL ends them all.
/// </summary>
internal sealed unsafe class HungFileProcess : TestProcess
{
    private FuseServer? _server;

    public override string Name => "hung-file";

    public override string Summary =>
        "links=1: one page of a FUSE file, read, mapped and open; the server says that the file has so many names; the file system is " +
        "unmounted lazily and its server is silent; next: tells how many requests have no answer, and releases it";

    public override void Make(Context context)
    {
        FuseServer server = _server = FuseServer.Mount(context, MappedRegion.PageSize, context.Options.GetNumber("links", 1));
        MappedRegion file = LockedMapProcess.MapFile(context, server);
        file.Read([0]);
        fixed (byte* path = System.Text.Encoding.UTF8.GetBytes(server.FilePath + '\0'))
        {
            _ = Libc.Open(path, 0, 0).OrFail("open of the file");
        }

        context.Add(Name, file).WithAll("read");
        server.Detach();
        server.FallSilent();
        context.OnExit(server.Release);
    }

    public override void Next(Context context, int step, string argument)
    {
        context[Name].With("unanswered", _server!.UnansweredCount.ToString());
        _server.Release();
    }
}

/// <summary>A directory with a file and, beside it, a mounted FUSE file system whose server is silent, or an overlay over one.</summary>
internal sealed class HungMountProcess : TestProcess
{
    private FuseServer? _server;

    public override string Name => "hung-mount";

    public override string Summary =>
        "overlay=0 answers=0: a directory with a file of one page and a mount of a FUSE file system, or of an overlay over one, whose server is silent; " +
        "next: tells how many requests have no answer, and releases it";

    public override void Make(Context context)
    {
        string directory = Directory.CreateTempSubdirectory("pagemaptools-").FullName;
        context.OnExit(() => Directory.Delete(directory, recursive: true));
        bool isOverlay = context.Options.GetFlag("overlay");
        FuseServer server = _server = FuseServer.Mount(context, MappedRegion.PageSize, parent: isOverlay ? null : directory);
        if (isOverlay)
        {
            _ = Mount.AttachOverlay(context, directory, server.Directory);
        }

        File.WriteAllBytes(Path.Combine(directory, "beside"), new byte[MappedRegion.PageSize]);
        context.Add(Name, MappedRegion.MapAnonymous(context, MappedRegion.PageSize)).With("directory", directory);
        if (!context.Options.GetFlag("answers"))
        {
            server.FallSilent();
        }

        context.OnExit(server.Release);
    }

    public override void Next(Context context, int step, string argument)
    {
        context[Name].With("unanswered", _server!.UnansweredCount.ToString());
        _server.Release();
    }
}

/// <summary>
/// A thread that waits for a userfaultfd that nobody serves, a reader of its page through /proc/PID/mem, and a writer of the memory map. The
/// kernel releases mmap_lock before it waits, and fails where it may not (fs/userfaultfd.c, handle_userfault).
/// </summary>
internal sealed unsafe class UnservedFaultProcess : TestProcess
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    public override string Name => "unserved-fault";

    public override string Summary => "two anonymous pages, the second written; a thread waits for a userfaultfd that never serves the first one";

    public override void Make(Context context)
    {
        MappedRegion region = MappedRegion.MapAnonymous(context, 2 * MappedRegion.PageSize);
        region.Write([1]);
        UserFault.Open(context, 0).Register(region, UserFault.ModeMissing);
        string? directory = null;
        LockedMapProcess.Start(() =>
        {
            Volatile.Write(ref directory, $"/proc/{new FileInfo("/proc/thread-self").LinkTarget}");
            _ = Libc.GetLength((byte*)region.Address, 1);
        });
        if (!Wait.Until(() => directory is not null && LockedMapProcess.GetState(directory) is 'S' or 'D' && WaitsForFault(directory!), s_patience))
        {
            throw new TestProcessException("the thread does not wait for the page");
        }

        LockedMapProcess.Start(() => LockedMapProcess.ReadMemory(Environment.ProcessId, region.Address));
        LockedMapProcess.Start(() => Libc.Protect(region.Address, (nuint)MappedRegion.PageSize, Libc.ProtReadWrite).OrFail("mprotect"));
        context.Add(Name, region).With("written", [1]);
    }

    private static bool WaitsForFault(string thread) => File.ReadAllText($"{thread}/wchan") is "0" or "handle_userfault";
}
