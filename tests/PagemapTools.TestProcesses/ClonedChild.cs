using System.Globalization;
using System.Text;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses;

/// <summary>
/// A forked child that shares the parent's memory copy-on-write. It runs only a function of libc, because managed code
/// after a fork would wait for runtime threads that the child does not have. The parent reads and writes for the child
/// through /proc/PID/mem, which takes the page faults in the child's address space.
/// </summary>
internal sealed unsafe class ClonedChild
{
    // A child whose parent died by SIGKILL exits after this time.
    private const int LifetimeSeconds = 3600;
    private const int StackSize = 64 * 1024;

    private readonly Context _context;
    private bool _reaped;

    private ClonedChild(Context context, string function, nuint argument, int flags = 0)
    {
        _context = context;
        MappedRegion stack = MappedRegion.MapAnonymous(context, StackSize);
        nuint top = stack.Address + StackSize;
        ProcessId = CloneWithSignalsBlocked(Libc.FunctionAddress(function), top, argument, flags);
        context.Children.Add(ProcessId);
        context.OnExit(KillAndReap);
    }

    public int ProcessId { get; }

    public static ClonedChild StartSleeping(Context context) => new(context, "sleep", LifetimeSeconds);

    /// <summary>Starts a child that uses the same address space, as vfork does.</summary>
    public static ClonedChild StartSharingMemory(Context context) => new(context, "sleep", LifetimeSeconds, Libc.CloneMemory);

    public static ClonedChild StartExiting(Context context) => new(context, "_exit", 0);

    public void Read(MappedRegion region, IEnumerable<int> pages) => Access(region, pages, static (memory, address) =>
    {
        byte value;
        _ = Libc.ReadAt(memory, &value, 1, (long)address).OrFail("pread of /proc/PID/mem");
    });

    public void Write(MappedRegion region, IEnumerable<int> pages) => Access(region, pages, static (memory, address) =>
    {
        ulong value = ~(ulong)address;
        _ = Libc.WriteAt(memory, &value, sizeof(ulong), (long)address).OrFail("pwrite of /proc/PID/mem");
    });

    /// <summary>Returns the state letter of /proc/PID/stat.</summary>
    public char GetState()
    {
        string stat = File.ReadAllText($"/proc/{ProcessId}/stat");
        return stat[stat.LastIndexOf(')') + 2];
    }

    public void KillAndReap()
    {
        if (_reaped)
        {
            return;
        }

        // Any other signal would run the inherited handlers of the runtime, which write to a pipe shared with the parent.
        _ = Libc.Kill(ProcessId, Libc.SignalKill);
        Libc.WaitForProcess(ProcessId, null, 0).OrFail("waitpid");
        _reaped = true;
        _context.Children.Remove(ProcessId);
    }

    /// <summary>
    /// Clones with all signals blocked. The child inherits the runtime's signal handlers, also for SIGCONT; a handler that runs
    /// would end the sleep and with it the child. SIGSTOP, SIGCONT and SIGKILL work on blocked signals too.
    /// </summary>
    private static int CloneWithSignalsBlocked(nint function, nuint stackTop, nuint argument, int flags)
    {
        Span<byte> all = stackalloc byte[Libc.SignalSetSize];
        Span<byte> before = stackalloc byte[Libc.SignalSetSize];
        all.Fill(byte.MaxValue);
        fixed (byte* set = all, old = before)
        {
            _ = Libc.SignalMask(Libc.SetMask, set, old);
            int child = Libc.Clone(function, stackTop, Libc.SignalChild | flags, argument);
            _ = Libc.SignalMask(Libc.SetMask, old, null);
            return child.OrFail("clone");
        }
    }

    private void Access(MappedRegion region, IEnumerable<int> pages, Action<int, nuint> access)
    {
        int memory;
        fixed (byte* path = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"/proc/{ProcessId}/mem\0")))
        {
            memory = Libc.Open(path, Libc.OpenReadWrite | Libc.OpenCloseOnExec, 0).OrFail("open of /proc/PID/mem");
        }

        try
        {
            foreach (int page in pages)
            {
                access(memory, region.Address + (nuint)((long)page * MappedRegion.PageSize));
            }
        }
        finally
        {
            Libc.Close(memory).OrFail("close");
        }
    }
}
