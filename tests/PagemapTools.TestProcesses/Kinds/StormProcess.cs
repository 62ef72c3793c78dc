using System.Diagnostics;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Kinds;

/// <summary>Changes what the kernel reports faster than a reader reads it, until it ends.</summary>
internal sealed class StormProcess : TestProcess
{
    private const int PagesOfRegion = 64;

    private volatile bool _isEnding;

    public override string Name => "storm";

    public override string Summary =>
        "pause=2: children that fork and exit, children that vfork, execute and exit, mappings that are made, written, moved, cut and unmapped, " +
        "and threads that start and end, each with so many milliseconds of pause";

    public override void Make(Context context)
    {
        int pause = context.Options.GetNumber("pause", 2);
        Thread[] threads =
        [
            new(() => Repeat(pause, () => ForkAndExit(context))), new(() => Repeat(pause, ExecuteAndExit)),
            new(() => Repeat(pause, MapAndUnmap)), new(() => Repeat(pause, StartThread)),
        ];
        context.OnExit(() =>
        {
            _isEnding = true;
            Array.ForEach(threads, thread => thread.Join());
        });
        Array.ForEach(threads, thread => thread.Start());
    }

    private void Repeat(int pause, Action step)
    {
        while (!_isEnding)
        {
            step();
            Thread.Sleep(pause);
        }
    }

    // A context of its own: the undo actions of the child would pile up in the context of the process.
    private static void ForkAndExit(Context context)
    {
        Context own = new(context.Options);
        ClonedChild.StartExiting(own);
        own.Clear();
    }

    /// <summary>The runtime starts a process by vfork, so the child has this address space until it executes the program.</summary>
    private static void ExecuteAndExit()
    {
        using Process child = Process.Start("sleep", "0.02");
        child.WaitForExit();
    }

    private static unsafe void MapAndUnmap()
    {
        nuint length = (nuint)(PagesOfRegion * MappedRegion.PageSize);
        const int Flags = Libc.MapPrivate | Libc.MapAnonymous;
        nint first = Libc.MapMemory(0, length, Libc.ProtReadWrite, Flags, -1, 0).OrFail("mmap");
        new Span<byte>((void*)first, (int)length).Fill(1);
        nint other = Libc.MapMemory(0, length, Libc.ProtNone, Flags, -1, 0).OrFail("mmap");
        nint moved = Libc.MoveMemory(first, length, length, Libc.MremapMayMove | Libc.MremapFixed, other).OrFail("mremap");
        for (int page = 0; page < PagesOfRegion; page += 2)
        {
            Libc.Protect((nuint)(moved + (page * MappedRegion.PageSize)), (nuint)MappedRegion.PageSize, Libc.ProtRead).OrFail("mprotect");
        }

        Libc.UnmapMemory((nuint)moved, length).OrFail("munmap");
    }

    private static void StartThread() => new Thread(static () => Thread.Yield()).Start();
}
