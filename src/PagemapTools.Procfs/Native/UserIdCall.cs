using System.Runtime.InteropServices;

namespace PagemapTools.Procfs.Native;

/// <summary>geteuid: whose files the calling process owns.</summary>
internal static partial class UserIdCall
{
    public static uint Effective => EffectiveNative();

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveNative();
}
