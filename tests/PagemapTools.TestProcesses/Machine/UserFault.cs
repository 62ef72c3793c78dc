using System.Runtime.InteropServices;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses.Machine;

/// <summary>A userfaultfd (include/uapi/linux/userfaultfd.h).</summary>
internal sealed unsafe class UserFault
{
    public const ulong FeatureWriteProtect = 1 << 0;
    public const ulong FeatureShmemWriteProtect = 1 << 12;
    public const ulong FeatureUnpopulated = 1 << 13;
    public const ulong FeaturePoison = 1 << 14;
    public const ulong FeatureAsync = 1 << 15;

    public const ulong ModeMissing = 1;
    public const ulong ModeWriteProtect = 2;

    private const ulong Api = 0xaa;
    private const nuint IoctlApi = 0xc018aa3f;
    private const nuint IoctlRegister = 0xc020aa00;
    private const nuint IoctlWriteProtect = 0xc018aa06;
    private const nuint IoctlPoison = 0xc020aa08;

    private const int CloseOnExec = 0x80000;
    // A fault in kernel mode fails instead of waiting for a handler, which this program does not have. The mode also
    // needs no privilege.
    private const int UserModeOnly = 1;

    private readonly int _fd;

    private UserFault(int fd) => _fd = fd;

    /// <summary>Opens a userfaultfd with those of the features that the kernel supports.</summary>
    public static UserFault Open(Context context, ulong features)
    {
        ulong supported = GetAvailableFeatures();
        int fd = OpenDescriptor();
        context.OnExit(() => _ = Libc.Close(fd));
        ulong* api = stackalloc ulong[] { Api, features & supported, 0 };
        Libc.Control(fd, IoctlApi, api).OrSkip("UFFDIO_API");
        return new UserFault(fd);
    }

    public static bool Has(ulong features) => (GetAvailableFeatures() & features) == features;

    public void Register(MappedRegion region, ulong mode)
    {
        ulong* register = stackalloc ulong[] { region.Address, (ulong)region.Length, mode, 0 };
        Libc.Control(_fd, IoctlRegister, register).OrSkip("UFFDIO_REGISTER");
    }

    public void WriteProtect(MappedRegion part, bool on)
    {
        ulong* protect = stackalloc ulong[] { part.Address, (ulong)part.Length, on ? 1UL : 0UL };
        Libc.Control(_fd, IoctlWriteProtect, protect).OrSkip("UFFDIO_WRITEPROTECT");
    }

    public void Poison(MappedRegion part)
    {
        ulong* poison = stackalloc ulong[] { part.Address, (ulong)part.Length, 0, 0 };
        Libc.Control(_fd, IoctlPoison, poison).OrSkip("UFFDIO_POISON");
    }

    private static ulong GetAvailableFeatures()
    {
        int fd = OpenDescriptor();
        try
        {
            ulong* api = stackalloc ulong[] { Api, 0, 0 };
            Libc.Control(fd, IoctlApi, api).OrSkip("UFFDIO_API");
            return api[1];
        }
        finally
        {
            _ = Libc.Close(fd);
        }
    }

    private static int OpenDescriptor()
    {
        nint number = RuntimeInformation.ProcessArchitecture switch
        {
            Architecture.X64 => 323,
            Architecture.Arm64 => 282,
            _ => throw new SkippedException("the system call number of userfaultfd is unknown on this architecture"),
        };
        return (int)Libc.SystemCall(number, CloseOnExec | UserModeOnly).OrSkip("userfaultfd");
    }
}
