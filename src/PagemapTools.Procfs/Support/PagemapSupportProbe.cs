using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Support;

/// <summary>Probes the features of this kernel for this user. It tries each on a page or a file of the calling process.</summary>
public static class PagemapSupportProbe
{
    private const string PagemapScanCall = "ioctl PAGEMAP_SCAN";
    private const string ClearRefsFile = "/proc/PID/clear_refs";
    private const string MapFilesDirectory = "/proc/PID/map_files";
    private const string MountInfoFile = "/proc/self/mountinfo";
    private const string ConfigurationFiles = "/proc/config.gz, /boot/config-*";
    private const string UnknownCapabilities = "the caller's capabilities are unknown: /proc/thread-self/status or /proc/self/ns/user cannot be read";

    /// <summary>Probes each feature when it is enumerated. A feature whose probe fails is unknown.</summary>
    public static IEnumerable<PagemapSupport> ProbeSupport(this ProcfsContext procfs)
    {
        ProcRoot root = procfs.Root;
        using ProbePage page = new(root);
        string ownPagemap = root.GetPath(ProbePage.FileName);
        yield return Try("Pagemap", ownPagemap, () => ProbePagemap(procfs, page));
        yield return Try("FrameNumbers", ownPagemap, () => ProbeFrameNumbers(procfs, page, ownPagemap));
        yield return Try("OtherProcesses", "CapEff", () => new("OtherProcesses", CanReadOtherProcesses(procfs.Capabilities), DescribeOtherProcesses(procfs.Capabilities), "CapEff"));
        foreach (FrameProperties property in KPageFiles.AllProperties)
        {
            yield return ProbeFile(procfs, property);
        }

        yield return ProbeKsmFlag(procfs, page);
        yield return Try("PagemapScan", PagemapScanCall, () => ProbeScan(page));
        yield return Try("ExclusiveBit", ownPagemap, () => new("ExclusiveBit", page.Entry?.IsExclusive, DescribeExclusiveBit(procfs.KernelRelease, page), ownPagemap));
        yield return new("SoftDirty", procfs.SoftDirty.IsSupported, DescribeSoftDirty(procfs.SoftDirty), ownPagemap);
        yield return Try("ClearSoftDirty", ClearRefsFile, () => new("ClearSoftDirty", procfs.SoftDirty.IsSupported, DescribeClear(procfs.SoftDirty, procfs.Capabilities), ClearRefsFile));
        yield return Try("SharedMemory", MapFilesDirectory, () => ProbeMapFiles(procfs.Capabilities));
        yield return Try("CgroupPaths", MountInfoFile, () => ProbeCgroups(procfs.Cgroups));
        yield return Try("SwapTypes", ConfigurationFiles, () => ProbeSwapTypes(procfs.SwapTypes));
    }

    private static PagemapSupport Try(string feature, string source, Func<PagemapSupport> probe)
    {
        try
        {
            return probe();
        }
        catch (ProcfsException failure)
        {
            return new(feature, null, failure.Message, source);
        }
    }

    private static PagemapSupport ProbePagemap(ProcfsContext procfs, ProbePage page)
    {
        ProcRoot root = procfs.Root;
        if (root.IsProcFileSystem)
        {
            return new(
                "Pagemap",
                page.Entry is not null ? true : page.IsAbsent ? false : null,
                page.Entry is not null ? $"kernel {procfs.KernelRelease}, pages of {PageGeometry.PageSize} bytes"
                    : page.IsAbsent ? $"{page.WhyUnreadable}: the kernel is built without CONFIG_PROC_PAGE_MONITOR, or a sandbox does not show the file"
                    : page.WhyUnreadable,
                root.GetPath(ProbePage.FileName));
        }

        int[] processes = [.. root.GetProcessIds().Where(id => Statx.GetByPath(root.GetPath(id, "pagemap")) is not null)];
        return new("Pagemap", processes.Length > 0, $"a saved tree: {processes.Length} processes have a pagemap", root.GetPath("*/pagemap"));
    }

    private static PagemapSupport ProbeFrameNumbers(ProcfsContext procfs, ProbePage page, string ownPagemap) =>
        page.Entry is not { } entry ? new("FrameNumbers", null, page.WhyUnreadable, ownPagemap)
        : entry.Pfn is null ? new("FrameNumbers", false, DescribeMissingAdmin(procfs.Capabilities), ownPagemap)
        : new("FrameNumbers", true, "page frame numbers and swap offsets are visible", ownPagemap);

    private static string DescribeMissingAdmin(CallerCapabilities capabilities) =>
        $"the kernel hides page frame numbers and swap offsets: CAP_SYS_ADMIN{DescribeNamespace(capabilities)} is missing";

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

        return CanReadOtherProcesses(capabilities) is not { } canRead ? UnknownCapabilities
            : canRead ? "processes of all users can be read"
            : $"only processes of the same user can be read: {string.Join(" and ", missing)}{DescribeNamespace(capabilities)} missing";
    }

    private static string DescribeNamespace(CallerCapabilities capabilities) => capabilities.IsInitialUserNamespace == true ? string.Empty : " in the initial user namespace";

    private static PagemapSupport ProbeFile(ProcfsContext procfs, FrameProperties property)
    {
        string name = property switch { FrameProperties.Flags => "KPageFlags", FrameProperties.MapCount => "KPageCount", _ => "KPageCgroup" };
        string path = procfs.Root.GetPath(KPageFiles.GetFileName(property));
        try
        {
            Span<ulong> word = stackalloc ulong[1];
            bool hasWords = procfs.Frames.Get(property).Read(0, word) == 1;
            return new(name, hasWords, hasWords ? "readable" : "the file is empty", path);
        }
        catch (ProcfsException unreadable)
        {
            return new(name, unreadable.IsExhaustion ? null : false, unreadable.Message, path);
        }
    }

    // Before Linux 6.11, and again since 6.15, pagemap_pmd_range reports the bit of the first page for all pages of a huge page that is
    // mapped whole (fs/proc/task_mmu.c).
    private static string DescribeExclusiveBit(KernelRelease release, ProbePage page) =>
        page.Entry is not { } entry ? page.WhyUnreadable
            : !entry.IsExclusive ? "bit 56 is not set on a page of the calling process (the bit came with Linux 4.2)"
            : release.Version is { } version && (version < new Version(6, 11) || version >= new Version(6, 15))
                ? "bit 56 means mapped once; a huge page that is mapped whole has the bit of its first page (Linux 6.11 to 6.14 report each page)"
                : "bit 56 means mapped once";

    private static PagemapSupport ProbeKsmFlag(ProcfsContext procfs, ProbePage page)
    {
        // Linux 6.12 tests two bits of the mapping field, and every anonymous page has one of them (fs/proc/page.c, stable_page_flags).
        const string Name = "KsmFlag";
        string path = procfs.Root.GetPath("kpageflags");
        ulong? word = page.Entry?.Pfn is { } pfn ? ReadFlags(procfs, pfn) : null;
        return word is null
            ? new(Name, null, "the flags of a page of the calling process cannot be read", path)
            : (word & (ulong)KPageFlags.KSM) == 0
                ? new(Name, true, "KSM means a merged page", path)
                : new(Name, false, "this kernel sets KSM on every anonymous page, merged or not (seen on Linux 6.12)", path);
    }

    private static ulong? ReadFlags(ProcfsContext procfs, ulong pfn)
    {
        try
        {
            Span<ulong> word = stackalloc ulong[1];
            return procfs.Frames.TryGet(FrameProperties.Flags)?.Read(pfn, word) == 1 ? word[0] : null;
        }
        catch (ProcfsException)
        {
            return null;
        }
    }

    private static PagemapSupport ProbeScan(ProbePage page)
    {
        if (page.Entry is null)
        {
            return new("PagemapScan", null, page.WhyUnreadable, PagemapScanCall);
        }

        if (!page.Supports(PageCategories.Present))
        {
            return new("PagemapScan", false, "the kernel has the ioctl since Linux 6.7; without it every entry of a mapping is read", PagemapScanCall);
        }

        string[] categories = [.. Enum.GetValues<PageCategories>().Where(category => category != PageCategories.None && page.Supports(category)).Select(category => category.ToString())];
        return new("PagemapScan", true, $"categories {string.Join(", ", categories)}", PagemapScanCall);
    }

    private static string DescribeSoftDirty(SoftDirty softDirty) => softDirty.GetUnsupportedError() switch
    {
        null => "bit 55 means written since the last clear",
        { Error: ProcfsError.SoftDirtyNotSupported } => "the kernel is built without CONFIG_MEM_SOFT_DIRTY",
        { } failure => failure.Message,
    };

    private static string DescribeClear(SoftDirty softDirty, CallerCapabilities capabilities) =>
        softDirty.IsSupported is not { } isSupported ? "whether the kernel has soft-dirty bits is unknown"
        : !isSupported ? "there is nothing to clear"
        : capabilities.CanBypassWritePermission == true ? "the bits of every process that can be read can be cleared"
        : $"only the bits of processes of the same user can be cleared: CAP_DAC_OVERRIDE{DescribeNamespace(capabilities)} missing";

    private static PagemapSupport ProbeMapFiles(CallerCapabilities capabilities)
    {
        // proc_map_files_get_link checks checkpoint_restore_ns_capable in the initial user namespace (fs/proc/base.c; Linux 5.9, before
        // that CAP_SYS_ADMIN).
        const string CanFind = "swapped-out pages of shared memory can be found";
        bool? canOpen = capabilities.IsInitialUserNamespace & (capabilities.Has(Capability.CheckpointRestore) | capabilities.Has(Capability.SysAdmin));
        string detail = canOpen switch
        {
            true when capabilities.CanMincoreOthersFiles == true => CanFind,
            true => $"{CanFind}, but not in files of other users: CAP_FOWNER{DescribeNamespace(capabilities)} missing",
            false => $"CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN{DescribeNamespace(capabilities)} missing",
            null => UnknownCapabilities,
        };
        return new("SharedMemory", canOpen, detail, MapFilesDirectory);
    }

    private static PagemapSupport ProbeCgroups(CgroupPaths cgroups) =>
        new("CgroupPaths", cgroups.Root is not null, cgroups.Root ?? "no cgroup hierarchy with the memory controller is mounted", MountInfoFile);

    private static PagemapSupport ProbeSwapTypes(SwapTypes types) =>
        new(
            "SwapTypes",
            types.HasLayout,
            types.HasLayout
                ? "migration, device and poisoned entries are distinguished"
                : "the kernel's configuration is neither in /proc/config.gz nor in /boot: migration, device and poisoned entries are NonSwap",
            ConfigurationFiles);
}
