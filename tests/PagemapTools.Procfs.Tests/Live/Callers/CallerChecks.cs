using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;
using PagemapTools.Procfs.WorkingSet;

namespace PagemapTools.Procfs.Tests.Live.Callers;

/// <summary>
/// Checks what the library shows to a caller with any privileges: hidden values are null, visible values are true, and errors name the
/// missing capability. A normal run excludes these explicit tests; <see cref="CallerTests"/> runs them in subprocesses.
/// </summary>
[Trait("Tier", "Privileged")]
public sealed class CallerChecks(SharedTargets targets) : IClassFixture<SharedTargets>
{
    private static readonly ProcRoot s_root = new("/proc");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public void HiddenFrameNumbersAreNullAndTheRestIsTrue()
    {
        TargetProcess target = targets["anon"];
        TargetRegion region = target["anon"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.Pick(region["written"]), page => Assert.Equal((PageState.Present, true, OwnCapabilities.SeesFrameNumbers), (page.State, page.IsExclusive, page.Pfn is not null)));
        Assert.All(pages.Pick(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
    }

    [Fact(Explicit = true)]
    public void FiguresOfOwnProcessesEqualThoseOfSmaps()
    {
        foreach (string kind in (string[])["anon", "fork", "file-private"])
        {
            TargetProcess target = targets[kind];
            UssVersusSmaps.Check(target.ProcessId);
        }
    }

    [Fact(Explicit = true)]
    public void TheZeroPageMakesRssNullOrZero()
    {
        Require.ZeroPage();
        TargetProcess target = targets["anon-read"];
        MappingUss uss = UssVersusSmaps.MeasureRegion(target["anon-read"], UssMethod.Exclusive);
        Assert.Equal(0, uss.Uss);
        Assert.True(uss.Rss is null or 0, $"{uss.Rss}");
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact(Explicit = true)]
    public void GuardRegionsAreGuardOrHiddenNotSwapped()
    {
        TargetProcess target = targets["guard"];
        ProcessPageInfo[] pages = TargetPages.Read(target["guard"]);
        PageState expected = Environment.OSVersion.Version >= new Version(6, 15) || OwnCapabilities.SeesFrameNumbers ? PageState.Guard : PageState.Hidden;
        Assert.All(pages.Pick(target["guard"]["guard"]), page => Assert.Equal(expected, page.State));
        Assert.All(pages, page => Assert.Null(page.SwapFile));
    }

    [Fact(Explicit = true)]
    public void MarkersAreUffdMarkerOrHiddenNotSwapped()
    {
        TargetProcess target = targets["uffd-wp"];
        int[] markers = target["markers"]["marker"];
        Require.That(markers.Length > 0, "Markers", "this kernel leaves no markers in anonymous memory");
        PageState expected = OwnCapabilities.SeesFrameNumbers ? PageState.UffdMarker : PageState.Hidden;
        Assert.All(TargetPages.Read(target["markers"]).Pick(markers), page => Assert.Equal((expected, true), (page.State, page.IsUffdWriteProtected)));
    }

    [Fact(Explicit = true)]
    public void OtherUsersProcessIsReadOrTheErrorNamesTheCapability() =>
        AssertReadOrDenied(GetStandbyProcess(CallerFixture.OtherUsersProcess), isOfSameUser: false);

    [Fact(Explicit = true)]
    public void PrivilegedProcessIsReadOrTheErrorNamesTheCapability() =>
        AssertReadOrDenied(GetStandbyProcess(CallerFixture.PrivilegedProcess), isOfSameUser: OwnCapabilities.IsRoot);

    [Fact(Explicit = true)]
    public void DescriptorsOfOtherUsersAreReadOrTheErrorNamesTheProcess()
    {
        int processId = GetStandbyProcess(CallerFixture.OtherUsersProcess);
        if (!KernelFile.CanRead($"/proc/{processId}/maps"))
        {
            return;
        }

        ProcessHoldings holdings = new HoldingsReader(s_root, _ => false, _ => true).Read(processId, CancellationToken);
        bool canFollow = TryListDescriptors(processId) && new FileInfo($"/proc/{processId}/fd/0").LinkTarget is not null;
        Assert.Equal(canFollow, holdings.SawDescriptors);
        if (!canFollow)
        {
            Assert.Equal((ProcfsError.ProcessAccessDenied, processId), (holdings.Failure!.Error, holdings.Failure.ProcessId));
        }
    }

    /// <summary>clear_refs does not require CAP_SYS_PTRACE (fs/proc/task_mmu.c, clear_refs_write), except under hidepid.</summary>
    [Fact(Explicit = true)]
    public void ClearRefsOfOtherUsersNeedsCapDacOverride()
    {
        const int EACCES = 13;
        int processId = GetStandbyProcess(CallerFixture.OtherUsersProcess);
        if (KernelFile.CanWrite($"/proc/{processId}/clear_refs"))
        {
            Assert.True(OwnCapabilities.CanWriteFilesOfOthers);
            return;
        }

        bool isHidden = !KernelFile.CanRead($"/proc/{processId}/comm");
        ProcfsException failure = ProcessErrors.FromErrno(s_root, processId, "clear_refs", EACCES);
        Assert.Contains("CAP_DAC_OVERRIDE", failure.MissingCapability, StringComparison.Ordinal);
        Assert.DoesNotContain("CAP_DAC_READ_SEARCH", failure.Message, StringComparison.Ordinal);
        Assert.Equal(isHidden, failure.Message.Contains("CAP_SYS_PTRACE", StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    public void KpageFilesNeedTheirOwnerOrCapDacReadSearch()
    {
        using KPageFiles files = new(s_root);
        foreach (FrameProperties field in KPageFiles.AllProperties.Where(field => File.Exists($"/proc/{KPageFiles.GetFileName(field)}")))
        {
            if (OwnCapabilities.IsRoot || OwnCapabilities.CanReadFilesOfOthers)
            {
                Assert.Equal(1, files.Get(field).Read(0, new ulong[1]));
                continue;
            }

            ProcfsException failure = Assert.Throws<ProcfsException>(() => files.Get(field));
            Assert.Equal(ProcfsError.KPageAccessDenied, failure.Error);
            Assert.Contains("CAP_DAC_READ_SEARCH", failure.MissingCapability, StringComparison.Ordinal);
        }
    }

    [Fact(Explicit = true)]
    public void SharedMemoryIsResolvedOrGivesAWarning()
    {
        TargetProcess target = targets["shared-zapped"];
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        using ProcfsContext procfs = new(s_root);
        ProcessPageQuery query = new() { Walk = new PageWalkOptions { Addresses = [target["shared-zapped"].Range] }, ResolveShared = true };
        using ProcessPageReader reader = new(procfs, process, query);
        int notMapped = 0;
        while (reader.MoveNext(CancellationToken))
        {
            notMapped += Enumerable.Range(0, reader.Batch.Count).Count(row => reader.GetPage(row).State == PageState.NotMapped);
        }

        Assert.Equal(!OwnCapabilities.CanFollowMapFiles, reader.Warnings.HasFlag(ReadWarnings.UnresolvedSharedMemory));
        Assert.Equal(OwnCapabilities.CanFollowMapFiles ? target["shared-zapped"]["zapped"].Length : 0, notMapped);
    }

    /// <summary>Following the links requires ptrace read access (fs/proc/namespaces.c, proc_ns_get_link).</summary>
    [Fact(Explicit = true)]
    public void NamespacesOfOthersNeedCapSysPtrace()
    {
        int processId = GetStandbyProcess(CallerFixture.OtherUsersProcess);
        bool canFollow = OwnCapabilities.CanPtraceOthers;
        Assert.Equal((canFollow, canFollow), (Statx.GetByLink($"/proc/{processId}/ns/mnt") is not null, Statx.GetByLink($"/proc/{processId}/ns/ipc") is not null));
    }

    [Fact(Explicit = true)]
    public void TheIdleBitmapNeedsItsOwnerOrCapDacOverride()
    {
        Require.That(File.Exists(IdleBitmap.DefaultPath), "IdleBitmap", "this kernel is built without CONFIG_IDLE_PAGE_TRACKING");
        ProcfsException? failure = (ProcfsException?)Record.Exception(() => IdleBitmap.Open().Dispose());
        Assert.Equal(OwnCapabilities.IsRoot || OwnCapabilities.CanWriteFilesOfOthers ? null : "CAP_DAC_OVERRIDE", (failure?.MissingCapability ?? failure?.Message)?.Split(' ')[0]);
    }

    /// <summary>The kernel looks at the capability before it looks at the address, and takes no page frame for this text (drivers/base/memory.c, soft_offline_page_store).</summary>
    [Fact(Explicit = true)]
    public void OfflineNeedsCapSysAdminAndCapDacOverride()
    {
        const string Path = "/sys/devices/system/memory/soft_offline_page";
        const int EINVAL = 22;
        Require.That(File.Exists(Path), "SoftOffline", "this kernel is built without CONFIG_MEMORY_FAILURE or CONFIG_MEMORY_HOTPLUG");
        using SafeFileHandle file = FileIO.OpenForWriting(Path, out int errno);
        bool isEnough = OwnCapabilities.SeesFrameNumbers && (OwnCapabilities.IsRoot || OwnCapabilities.CanWriteFilesOfOthers);
        Assert.Equal(isEnough, (errno == 0 ? FileIO.Write(file, "no address"u8) : errno) == EINVAL);
    }

    /// <summary>What the messages, Test-PagemapSupport and SECURITY.md name is enough: with it, nothing is refused.</summary>
    [Fact(Explicit = true)]
    public void TheNamedCapabilitiesAreEnough()
    {
        int processId = GetStandbyProcess(CallerFixture.OtherUsersProcess);
        if (OwnCapabilities.CanTraceOthers && OwnCapabilities.CanReadFilesOfOthers && OwnCapabilities.IsInInitialUserNamespace)
        {
            Assert.NotEmpty(ReadMappings(processId));
            using ProcfsContext procfs = new(s_root);
            Assert.True(new UssMeter(procfs).Measure(processId, cancellationToken: CancellationToken).Uss > 0);
            Assert.Equal(OwnCapabilities.SeesFrameNumbers, procfs.ReadPages(processId, cancellationToken: CancellationToken).Any(page => page.Pfn is not null));
        }

        if (OwnCapabilities.CanWriteFilesOfOthers && OwnCapabilities.IsInInitialUserNamespace && KernelFile.CanRead($"/proc/{processId}/comm"))
        {
            Assert.True(KernelFile.CanWrite($"/proc/{processId}/clear_refs"));
        }
    }

    [Fact(Explicit = true)]
    public void ReportedSupportEqualsActualSupport() => SupportAgreement.Check(GetStandbyProcess(CallerFixture.OtherUsersProcess));

    private static void AssertReadOrDenied(int processId, bool isOfSameUser)
    {
        if (KernelFile.CanRead($"/proc/{processId}/pagemap") && KernelFile.CanRead($"/proc/{processId}/maps"))
        {
            Assert.NotEmpty(ReadMappings(processId));
            return;
        }

        ProcfsException failure = Assert.Throws<ProcfsException>(() => ReadMappings(processId));
        Assert.Equal((ProcfsError.ProcessAccessDenied, processId), (failure.Error, failure.ProcessId));
        Assert.Contains(failure.MissingCapability!, failure.Message, StringComparison.Ordinal);
        Assert.Equal(!OwnCapabilities.CanTraceOthers, failure.MissingCapability!.Contains("CAP_SYS_PTRACE", StringComparison.Ordinal));
        Assert.Equal(!isOfSameUser && !OwnCapabilities.CanReadFilesOfOthers, failure.MissingCapability!.Contains("CAP_DAC_READ_SEARCH", StringComparison.Ordinal));
    }

    private static bool TryListDescriptors(int processId)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Any();
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static MemoryMapping[] ReadMappings(int processId)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, processId);
        return [.. process.ReadMappings()];
    }

    private static int GetStandbyProcess(string variable)
    {
        bool hasProcess = int.TryParse(Environment.GetEnvironmentVariable(variable), out int processId);
        Require.That(hasProcess, "Root", "only root can start a process of another user");
        return processId;
    }
}
