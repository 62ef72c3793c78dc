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

    private FuseServer? _server;

    public override string Name => "locked-map";

    public override string Summary => "a child whose memory map stays locked; next: releases it";

    public override void Make(Context context)
    {
        FuseServer server = _server = FuseServer.Mount(context, MappedRegion.PageSize);
        MappedRegion file = MapFile(context, server);
        ClonedChild child = ClonedChild.StartSleeping(context);
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
        if (!Wait.Until(() => directory is not null && IsBlocked(directory), s_patience))
        {
            throw new TestProcessException("the writer of clear_refs is not blocked");
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

    private static void Start(Action action) => new Thread(() => action()) { IsBackground = true }.Start();

    private static bool IsBlocked(string thread)
    {
        string stat = File.ReadAllText($"{thread}/stat");
        return stat[stat.LastIndexOf(')') + 2] == 'D';
    }

    private static void ReadMemory(int processId, nuint address)
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
internal sealed class HungFileProcess : TestProcess
{
    private FuseServer? _server;

    public override string Name => "hung-file";

    public override string Summary => "one page of a FUSE file, read and mapped; the file system is unmounted lazily and its server is silent; next: releases it";

    public override void Make(Context context)
    {
        FuseServer server = _server = FuseServer.Mount(context, MappedRegion.PageSize);
        MappedRegion file = LockedMapProcess.MapFile(context, server);
        file.Read([0]);
        context.Add(Name, file).WithAll("read");
        server.Detach();
        server.FallSilent();
        context.OnExit(server.Release);
    }

    public override void Next(Context context, int step, string argument) => _server!.Release();
}
