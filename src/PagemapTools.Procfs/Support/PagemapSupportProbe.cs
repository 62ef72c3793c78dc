using System.Runtime.InteropServices;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Support;

/// <summary>Finds out, by trying each on a page or a file of the caller's own, what this kernel and this user can do.</summary>
public static class PagemapSupportProbe
{
    private const string OwnPagemap = "self/pagemap";
    private const string Unreadable = "the caller's own pagemap cannot be read";
    private const string UnknownCapabilities = "the caller's own rights cannot be told: /proc/self/status or /proc/self/ns/user cannot be read";

    /// <summary>Probes each feature in turn.</summary>
    public static IEnumerable<PagemapSupport> ProbeSupport(this ProcfsContext procfs)
    {
        ProcRoot root = procfs.Root;
        using ProbePage page = new(root);
        string ownPagemap = root.GetPath(OwnPagemap);
        CallerCapabilities capabilities = procfs.Capabilities;
        PagemapEntry? entry = page.Entry;
        yield return ProbePagemap(procfs, entry is not null);
        yield return new("FrameNumbers", entry is null ? null : entry.Value.Pfn is not null, entry is null ? Unreadable : entry.Value.Pfn is not null ? "frame numbers and swap places are visible" : DescribeMissingAdmin(capabilities), ownPagemap);
        yield return new("OtherProcesses", CanReadOtherProcesses(capabilities), DescribeOtherProcesses(capabilities), "CapEff");
        foreach (FrameProperties field in KPageFiles.AllFields)
        {
            yield return ProbeFile(root, field);
        }

        yield return ProbeKsmFlag(root, page);
        yield return ProbeScan(page);
        yield return new("ExclusiveBit", page.Entry?.IsExclusive, DescribeExclusiveBit(root, page), ownPagemap);
        yield return new("SoftDirty", procfs.SoftDirty.IsSupported, DescribeSoftDirty(procfs.SoftDirty), ownPagemap);
        yield return new("ClearSoftDirty", procfs.SoftDirty.IsSupported, DescribeClear(procfs.SoftDirty, capabilities), "/proc/PID/clear_refs");
        yield return ProbeMapFiles(capabilities);
        yield return ProbeCgroups(procfs.Cgroups);
        yield return ProbeSwapTypes(root);
    }

    private static PagemapSupport ProbePagemap(ProcfsContext procfs, bool isOwnReadable)
    {
        ProcRoot root = procfs.Root;
        if (root.IsProcFileSystem)
        {
            return new(
                "Pagemap",
                isOwnReadable,
                isOwnReadable ? $"kernel {procfs.KernelRelease}, pages of {PageGeometry.PageSize} bytes" : $"{Unreadable}: the kernel is built without CONFIG_PROC_PAGE_MONITOR, or a sandbox does not show the file",
                root.GetPath(OwnPagemap));
        }

        int[] processes = [.. root.GetProcessIds().Where(id => Statx.GetByPath(root.GetPath(id, "pagemap")) is not null)];
        return new("Pagemap", processes.Length > 0, $"a saved tree: {processes.Length} processes have a pagemap", root.GetPath("*/pagemap"));
    }

    private static string DescribeMissingAdmin(CallerCapabilities capabilities) => capabilities.IsInitialUserNamespace == true
        ? "the kernel hides them: CAP_SYS_ADMIN is missing"
        : "the kernel hides them: CAP_SYS_ADMIN in the initial user namespace is missing";

    private static bool? CanReadOtherProcesses(CallerCapabilities capabilities) => capabilities.CanPtraceOtherUsers & capabilities.CanBypassReadPermission;

    private static string DescribeOtherProcesses(CallerCapabilities capabilities)
    {
        List<string> missing = [];
        if (capabilities.CanPtraceOtherUsers == false)
        {
            missing.Add("CAP_SYS_PTRACE");
        }

        if (capabilities.CanBypassReadPermission == false)
        {
            missing.Add("CAP_DAC_READ_SEARCH");
        }

        return CanReadOtherProcesses(capabilities) is not { } may ? UnknownCapabilities
            : may ? "processes of all users can be read"
            : $"only processes of the same user can be read: {string.Join(" and ", missing)}{DescribeNamespace(capabilities)} missing";
    }

    private static string DescribeNamespace(CallerCapabilities capabilities) => capabilities.IsInitialUserNamespace == true ? string.Empty : " in the initial user namespace";

    private static PagemapSupport ProbeFile(ProcRoot root, FrameProperties field)
    {
        string name = field switch { FrameProperties.Flags => "KPageFlags", FrameProperties.MapCount => "KPageCount", _ => "KPageCgroup" };
        string path = root.GetPath(KPageFiles.FileName(field));
        try
        {
            using KPageFiles files = new(root);
            Span<ulong> word = stackalloc ulong[1];
            bool answers = files.Get(field).Read(0, word) == 1;
            return new(name, answers, answers ? "readable" : "it is empty", path);
        }
        catch (ProcfsException unreadable)
        {
            return new(name, false, unreadable.Message, path);
        }
    }

    // Until Linux 6.11, and since 6.15 again, pagemap_pmd_range looks at the first page of a huge page that is mapped whole, and says the
    // same of the others (fs/proc/task_mmu.c).
    private static string DescribeExclusiveBit(ProcRoot root, ProbePage page) =>
        page.Entry is not { } entry ? Unreadable
            : !entry.IsExclusive ? "bit 56 is not set on a page of the caller's own (Linux 4.2)"
            : KernelRelease.ReadVersion(root) is { } release && (release < new Version(6, 11) || release >= new Version(6, 15))
                ? "bit 56 tells pages that are mapped once; of a huge page that is mapped whole, it tells the first page's (Linux 6.11 to 6.14 tell each)"
                : "bit 56 tells pages that are mapped once";

    private static PagemapSupport ProbeKsmFlag(ProcRoot root, ProbePage page)
    {
        // Linux 6.12 tests two bits of the mapping field, one of which every anonymous page has (fs/proc/page.c, stable_page_flags).
        const string Name = "KsmFlag";
        ulong? word = page.Entry?.Pfn is { } pfn ? ReadFlags(root, pfn) : null;
        return word is null
            ? new(Name, null, "it cannot be tried: the flags of a page of the caller's own cannot be read", root.GetPath("kpageflags"))
            : (word & (ulong)KPageFlags.KSM) == 0
                ? new(Name, true, "KSM tells merged pages", root.GetPath("kpageflags"))
                : new(Name, false, "this kernel sets KSM on every anonymous page, merged or not (seen on Linux 6.12)", root.GetPath("kpageflags"));
    }

    private static ulong? ReadFlags(ProcRoot root, ulong pfn)
    {
        try
        {
            using KPageFiles files = new(root);
            Span<ulong> word = stackalloc ulong[1];
            return files.Get(FrameProperties.Flags).Read(pfn, word) == 1 ? word[0] : null;
        }
        catch (ProcfsException)
        {
            return null;
        }
    }

    private static PagemapSupport ProbeScan(ProbePage page)
    {
        const string Source = "ioctl PAGEMAP_SCAN";
        if (page.Entry is null)
        {
            return new("PagemapScan", null, Unreadable, Source);
        }

        if (!page.Supports(PageCategories.Present))
        {
            return new("PagemapScan", false, "the kernel has it since Linux 6.7; every entry of a mapping is read instead", Source);
        }

        string[] categories = [.. Enum.GetValues<PageCategories>().Where(category => category != PageCategories.None && page.Supports(category)).Select(category => category.ToString())];
        return new("PagemapScan", true, $"categories {string.Join(", ", categories)}", Source);
    }

    private static string DescribeSoftDirty(SoftDirty softDirty) => softDirty.GetUnsupportedError() switch
    {
        null => "bit 55 tells pages written since the last clear",
        { Error: ProcfsError.SoftDirtyNotSupported } => "the kernel is built without CONFIG_MEM_SOFT_DIRTY",
        { } failure => failure.Message,
    };

    private static string DescribeClear(SoftDirty softDirty, CallerCapabilities capabilities) =>
        softDirty.IsSupported is not { } isSupported ? "whether there is anything to clear cannot be told"
        : !isSupported ? "there is nothing to clear"
        : capabilities.CanBypassWritePermission == true ? "of every process that can be read"
        : $"of processes of the same user: CAP_DAC_OVERRIDE{DescribeNamespace(capabilities)} missing";

    private static PagemapSupport ProbeMapFiles(CallerCapabilities capabilities)
    {
        // proc_map_files_get_link asks for checkpoint_restore_ns_capable in the initial user namespace (Linux 5.9; CAP_SYS_ADMIN before).
        bool? may = capabilities.IsInitialUserNamespace & (capabilities.Has(Capability.CheckpointRestore) | capabilities.Has(Capability.SysAdmin));
        string detail = may switch
        {
            true when capabilities.CanMincoreOthersFiles == true => "unmapped and swapped-out pages of shared memory can be told apart",
            true => $"unmapped and swapped-out pages of shared memory can be told apart; of files of other users CAP_FOWNER{DescribeNamespace(capabilities)} missing",
            false => $"CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN{DescribeNamespace(capabilities)} missing",
            null => UnknownCapabilities,
        };
        return new("SharedMemory", may, detail, "/proc/PID/map_files");
    }

    private static PagemapSupport ProbeCgroups(CgroupPaths cgroups) =>
        new("CgroupPaths", cgroups.Root is not null, cgroups.Root ?? "no cgroup hierarchy with the memory controller is mounted", "/proc/self/mountinfo");

    private static PagemapSupport ProbeSwapTypes(ProcRoot root)
    {
        bool isKnown = NonSwapTypeLayout.TryRead(root) is not null;
        return new("SwapTypes", isKnown, isKnown ? "migration, device and poisoned entries are told apart" : "the kernel's configuration is neither in /proc/config.gz nor in /boot: migration, device and poisoned entries read as NonSwap", "/proc/config.gz, /boot/config-*");
    }

    /// <summary>A written page of the caller's own.</summary>
    private sealed class ProbePage : IDisposable
    {
        private readonly nint _address;
        // A saved tree has no entry for a page of the caller.
        private readonly PageIndexedFile? _pagemap;

        public ProbePage(ProcRoot root)
        {
            _pagemap = root.IsProcFileSystem ? PageIndexedFile.TryOpen(root, root.GetPath(OwnPagemap), out _) : null;
            _address = MemoryMap.Map((nuint)PageGeometry.PageSize, MemoryMap.ProtectionRead | MemoryMap.ProtectionWrite, MemoryMap.MapPrivate | MemoryMap.MapAnonymous, null, 0);
            if (_address != 0)
            {
                Marshal.WriteByte(_address, 1);
            }
        }

        public PagemapEntry? Entry
        {
            get
            {
                Span<ulong> entry = stackalloc ulong[1];
                return _pagemap?.Read(PageGeometry.ToPageIndex((ulong)_address), entry) == 1 ? new PagemapEntry(entry[0]) : null;
            }
        }

        public bool Supports(PageCategories category)
        {
            Span<PageRegion> region = stackalloc PageRegion[1];
            return _pagemap is not null
                && new PagemapScan(_pagemap).Scan((ulong)_address, (ulong)_address + PageGeometry.PageSize, category, category, region, out _) >= 0;
        }

        public void Dispose()
        {
            _pagemap?.Dispose();
            if (_address != 0)
            {
                MemoryMap.Unmap(_address, (nuint)PageGeometry.PageSize);
            }
        }
    }
}
