using System.Text;
using PagemapTools.TestProcesses.Machine;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>A descriptor and a mapping that pass from file to file faster than a reader can open what it has examined.</summary>
internal sealed unsafe class ChangingFileProcess : TestProcess
{
    private FuseServer? _server;
    private Thread[] _threads = [];
    private volatile bool _isEnding;

    public override string Name => "changing-file";

    public override string Summary =>
        "a descriptor and a mapping, each by turns of a regular file and of a file of a FUSE file system whose server is silent; " +
        "next: tells how many requests have no answer, and releases it";

    public override void Make(Context context)
    {
        // Of several descriptors of a file a reader takes the lowest, so this one comes before the files that it stands for.
        int changing = Open("/dev/null", Libc.OpenPathOnly);
        FuseServer server = _server = FuseServer.Mount(context, MappedRegion.PageSize);
        int hung = Open(server.FilePath, 0);
        int unopened = Open(server.FilePath, Libc.OpenPathOnly);
        int held = CreateFile(context, "held");
        int mapped = CreateFile(context, "mapped");
        MappedRegion region = MappedRegion.Map(context, MappedRegion.PageSize, Libc.ProtRead, Libc.MapShared, mapped);
        context.Add(Name, region);
        server.FallSilent();
        _threads =
        [
            new(() => Alternate(unopened, held, file => Libc.Duplicate(file, changing).OrFail("dup2"))),
            new(() => Alternate(hung, mapped, file =>
                Libc.MapMemory(region.Address, (nuint)MappedRegion.PageSize, Libc.ProtRead, Libc.MapShared | Libc.MapFixed, file, 0).OrFail("mmap"))),
        ];
        context.OnExit(server.Release);
        context.OnExit(End);
        Array.ForEach(_threads, thread => thread.Start());
    }

    public override void Next(Context context, int step, string argument)
    {
        End();
        context[Name].With("unanswered", _server!.UnansweredCount.ToString());
        _server.Release();
    }

    private void Alternate(int first, int second, Action<int> put)
    {
        while (!_isEnding)
        {
            put(first);
            Thread.Yield();
            put(second);
            Thread.Yield();
        }
    }

    private void End()
    {
        _isEnding = true;
        Array.ForEach(_threads, thread => thread.Join());
    }

    private static int CreateFile(Context context, string name) =>
        BackingFile.Create(context, Path.Combine(Path.GetTempPath(), BackingFile.MakeUniqueName(name))).Fill(1).Descriptor;

    private static int Open(string path, int flags)
    {
        fixed (byte* first = Encoding.UTF8.GetBytes(path + '\0'))
        {
            return Libc.Open(first, flags | Libc.OpenCloseOnExec, 0).OrFail($"open of {path}");
        }
    }
}
