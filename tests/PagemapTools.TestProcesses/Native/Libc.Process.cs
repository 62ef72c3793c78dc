using System.Runtime.InteropServices;

namespace PagemapTools.TestProcesses.Native;

internal static unsafe partial class Libc
{
    public const int SignalKill = 9;
    public const int SignalChild = 17;
    public const int SetMask = 2;
    public const int SignalSetSize = 128;
    public const int CloneMemory = 0x100;
    public const int NewIpcNamespace = 0x08000000;

    /// <summary>Clones this process. The function is native, so that the child runs no managed code.</summary>
    [LibraryImport("libc", EntryPoint = "clone", SetLastError = true)]
    public static partial int Clone(nint function, nuint stackTop, int flags, nuint argument);

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    public static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    public static partial uint GetUser();

    [LibraryImport("libc", EntryPoint = "getegid")]
    public static partial uint GetGroup();

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int pid, int signal);

    [LibraryImport("libc", EntryPoint = "pthread_sigmask")]
    public static partial int SignalMask(int how, byte* set, byte* old);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    public static partial int WaitForProcess(int pid, int* status, int options);

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true)]
    public static partial int Execute(byte* path, byte** arguments);

    [LibraryImport("libc", EntryPoint = "getcontext", SetLastError = true)]
    public static partial int GetContext(nuint context);

    /// <summary>Makes a context that calls a function. Its arguments are read as integers of the register's size.</summary>
    [LibraryImport("libc", EntryPoint = "makecontext")]
    public static partial void MakeContext(nuint context, nint function, int count, nuint first, nuint second, nuint third);

    [LibraryImport("libc", EntryPoint = "strnlen")]
    public static partial nuint GetLength(byte* text, nuint max);

    [LibraryImport("libc", EntryPoint = "_exit")]
    public static partial void ExitAtOnce(int status);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    public static partial nint SystemCall(nint number, nuint argument);

    public static nint FunctionAddress(string name) =>
        NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
}
