using System.Runtime.InteropServices;
using System.Text;

namespace PagemapTools.Procfs.Native;

/// <summary>uname (include/uapi/linux/utsname.h, struct new_utsname). Unlike /proc/sys/kernel/osrelease it needs no descriptor.</summary>
internal static partial class Uname
{
    private const int FieldLength = 65;
    private const int Fields = 6;
    private const int ReleaseField = 2;

    /// <summary>Gets the release of the running kernel.</summary>
    public static unsafe string GetRelease()
    {
        Span<byte> names = stackalloc byte[Fields * FieldLength];
        fixed (byte* start = names)
        {
            // It fails only for a bad address (kernel/sys.c, newuname).
            _ = UnameNative(start);
        }

        ReadOnlySpan<byte> release = names.Slice(ReleaseField * FieldLength, FieldLength);
        return Encoding.UTF8.GetString(release[..release.IndexOf((byte)0)]);
    }

    [LibraryImport("libc", EntryPoint = "uname")]
    private static unsafe partial int UnameNative(byte* names);
}
