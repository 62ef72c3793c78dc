using System.Runtime.InteropServices;

namespace PagemapTools.TestProcesses.Native;

internal static unsafe partial class Libc
{
    public const int ProtNone = 0;
    public const int ProtRead = 1;
    public const int ProtReadWrite = 3;

    public const int MapShared = 0x01;
    public const int MapPrivate = 0x02;
    public const int MapFixed = 0x10;
    public const int MapAnonymous = 0x20;
    public const int MapNoReserve = 0x4000;
    public const int MapHugetlb = 0x40000;

    public const int MadvRandom = 1;
    public const int MadvDontNeed = 4;
    public const int MadvMergeable = 12;
    public const int MadvHugepage = 14;
    public const int MadvNoHugepage = 15;
    public const int MadvDontDump = 16;
    public const int MadvCold = 20;
    public const int MadvPageOut = 21;
    public const int MadvCollapse = 25;
    public const int MadvHwPoison = 100;
    public const int MadvGuardInstall = 102;
    public const int MadvGuardRemove = 103;

    public const int MlockOnFault = 1;

    public const int MremapMayMove = 1;
    public const int MremapFixed = 2;

    public const int PrSetVma = 0x53564d41;

    [LibraryImport("libc", EntryPoint = "mmap", SetLastError = true)]
    public static partial nint MapMemory(nuint address, nuint length, int protection, int flags, int fd, long offset);

    [LibraryImport("libc", EntryPoint = "munmap", SetLastError = true)]
    public static partial int UnmapMemory(nuint address, nuint length);

    [LibraryImport("libc", EntryPoint = "mremap", SetLastError = true)]
    public static partial nint MoveMemory(nint address, nuint oldLength, nuint newLength, int flags, nint newAddress);

    [LibraryImport("libc", EntryPoint = "mprotect", SetLastError = true)]
    public static partial int Protect(nuint address, nuint length, int protection);

    [LibraryImport("libc", EntryPoint = "madvise", SetLastError = true)]
    public static partial int Advise(nuint address, nuint length, int advice);

    [LibraryImport("libc", EntryPoint = "mlock2", SetLastError = true)]
    public static partial int Lock(nuint address, nuint length, uint flags);

    [LibraryImport("libc", EntryPoint = "mincore", SetLastError = true)]
    public static partial int InCore(nuint address, nuint length, byte* resident);

    [LibraryImport("libc", EntryPoint = "sbrk", SetLastError = true)]
    public static partial nint SetBreak(nint increment);

    [LibraryImport("libc", EntryPoint = "prctl", SetLastError = true)]
    public static partial int ProcessControl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

    [LibraryImport("libc", EntryPoint = "memfd_create", SetLastError = true)]
    public static partial int CreateMemoryFile(byte* name, uint flags);

    [LibraryImport("libc", EntryPoint = "shmget", SetLastError = true)]
    public static partial int GetSharedMemory(int key, nuint size, int flags);

    [LibraryImport("libc", EntryPoint = "shmat", SetLastError = true)]
    public static partial nint AttachSharedMemory(int id, nuint address, int flags);

    [LibraryImport("libc", EntryPoint = "shmctl", SetLastError = true)]
    public static partial int ControlSharedMemory(int id, int command, void* buffer);
}
