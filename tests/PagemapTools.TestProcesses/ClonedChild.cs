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
    private const int PipeSize = 64 * 1024;
    private const int ArgumentsSize = PipeSize;

    // ucontext_t of glibc: flags, link and stack (pointer, flags, size) come first on every 64-bit architecture.
    private const int ContextSize = 16 * 1024;
    private const int LinkField = 1;
    private const int StackField = 2;
    private const int StackSizeField = 4;

    private readonly Context _context;
    private int _start = -1;
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

    /// <summary>
    /// Starts a child with one thread that waits, and executes a program after <see cref="Execute"/>. The contexts of libc chain the two
    /// calls, without managed code.
    /// </summary>
    public static ClonedChild StartWaitingToExecute(Context context, string program, string argument)
    {
        int* ends = stackalloc int[2];
        Libc.CreatePipe(ends, 0).OrFail("pipe2");
        byte[] texts = [.. Encoding.UTF8.GetBytes(program), 0, .. Encoding.UTF8.GetBytes(argument), 0];
        MappedRegion memory = MappedRegion.MapAnonymous(context, ArgumentsSize);
        texts.CopyTo(new Span<byte>((void*)memory.Address, ArgumentsSize));
        nuint* arguments = (nuint*)memory.Address + (ArgumentsSize / 2 / sizeof(nuint));
        (arguments[0], arguments[1]) = (memory.Address, memory.Address + (nuint)Encoding.UTF8.GetByteCount(program) + 1);
        nuint execute = MakeContext(context, next: 0, "execv", 2, memory.Address, (nuint)arguments, 0);

        // A write to a full pipe waits, and unlike a read it needs no writable page, for which the child would wait if its memory map is locked.
        _ = Libc.Write(ends[1], (void*)memory.Address, PipeSize).OrFail("write");
        nuint wait = MakeContext(context, execute, "write", 3, (nuint)ends[1], memory.Address, 1);
        return new ClonedChild(context, "setcontext", wait) { _start = ends[0] };
    }

    /// <summary>Makes the child execute its program.</summary>
    public void Execute()
    {
        byte[] content = new byte[PipeSize];
        fixed (byte* buffer = content)
        {
            _ = Libc.Read(_start, buffer, PipeSize).OrFail("read");
        }
    }

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

    private static nuint MakeContext(Context context, nuint next, string function, int count, nuint first, nuint second, nuint third)
    {
        MappedRegion memory = MappedRegion.MapAnonymous(context, ContextSize + StackSize);
        memory.WriteAll();
        new Span<byte>((void*)memory.Address, ContextSize).Clear();
        Span<byte> all = stackalloc byte[Libc.SignalSetSize];
        Span<byte> before = stackalloc byte[Libc.SignalSetSize];
        all.Fill(byte.MaxValue);
        fixed (byte* set = all, old = before)
        {
            // The context has the signal mask of this moment.
            _ = Libc.SignalMask(Libc.SetMask, set, old);
            int result = Libc.GetContext(memory.Address);
            _ = Libc.SignalMask(Libc.SetMask, old, null);
            result.OrFail("getcontext");
        }

        nuint* fields = (nuint*)memory.Address;
        (fields[LinkField], fields[StackField], fields[StackSizeField]) = (next, memory.Address + ContextSize, StackSize);
        Libc.MakeContext(memory.Address, Libc.FunctionAddress(function), count, first, second, third);
        return memory.Address;
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
