using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>Features of this kernel for this user, tried on memory of this process without the library.</summary>
internal static class KernelFeatures
{
    private const ulong Ksm = 1UL << 21;
    private const ulong ZeroPage = 1UL << 24;

    private static readonly Lazy<ulong> s_written = new(() => ReadOwnEntry(isWritten: true));
    private static readonly Lazy<bool> s_zeroPage = new(FindZeroPage);
    private static readonly Lazy<bool> s_userNamespaces = new(TryUserNamespace);

    public static bool ShowsPageFrameNumbers => (s_written.Value & PagemapBits.Frame) != 0;

    /// <summary>Whether a page just after a write has bit 55.</summary>
    public static bool HasSoftDirty => (s_written.Value & PagemapBits.SoftDirty) != 0;

    /// <summary>Whether an anonymous page that the process only read is the zero page.</summary>
    public static bool HasZeroPage => s_zeroPage.Value;

    /// <summary>Whether only KSM pages have KPF_KSM: Linux 6.12 sets the flag on every anonymous page (fs/proc/page.c). Null if the flags are hidden.</summary>
    public static bool? HasTrueKsmFlag
    {
        get
        {
            using OwnPages own = OwnPages.MapEverySecond(1);
            return ReadFlags(KernelFile.ReadPagemap(Environment.ProcessId, own.Start, 1)[0]) is { } flags ? (flags & Ksm) == 0 : null;
        }
    }

    /// <summary>
    /// Whether bit 56 describes each page. Before Linux 6.11 every page of a PMD-mapped transparent huge page has the bit of its first
    /// page. The same holds since 6.15, but there all pages of a test process's huge page have the same bit.
    /// </summary>
    public static bool HasExclusiveBitPerPage => Machine.Kernel >= new Version(6, 11);

    /// <summary>Whether this user can create a user namespace in which it is root.</summary>
    public static bool HasUserNamespaces => s_userNamespaces.Value;

    private static bool TryUserNamespace()
    {
        using Process unshare = Process.Start(new ProcessStartInfo("unshare", ["--user", "--map-root-user", "true"]) { RedirectStandardError = true, UseShellExecute = false })!;
        unshare.StandardError.ReadToEnd();
        unshare.WaitForExit();
        return unshare.ExitCode == 0;
    }

    private static bool FindZeroPage()
    {
        ulong entry = ReadOwnEntry(isWritten: false);

        // The zero page never has the exclusive bit (fs/proc/task_mmu.c); a private page frame has it.
        return ReadFlags(entry) is { } flags and not 0 ? (flags & ZeroPage) != 0 : (entry & (PagemapBits.Present | PagemapBits.Exclusive)) == PagemapBits.Present;
    }

    private static ulong? ReadFlags(ulong entry)
    {
        ulong pfn = entry & PagemapBits.Frame;
        return pfn == 0 || !KernelFile.CanRead("/proc/kpageflags") ? null : KernelFile.ReadWords("/proc/kpageflags", pfn, 1)[0];
    }

    private static ulong ReadOwnEntry(bool isWritten)
    {
        using OwnPages own = OwnPages.MapAnonymous(1);
        if (isWritten)
        {
            own.Write(0);
        }
        else
        {
            own.ReadAll();
        }

        return KernelFile.ReadPagemap(Environment.ProcessId, own.Start, 1)[0];
    }
}
