using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>
/// What a process sees with whatever rights it has: what is hidden is null, what is visible is true, and what is refused is told with
/// the right that is missing. Explicit: <see cref="UnprivilegedTests"/> runs each in processes with fewer rights.
/// </summary>
[Trait("Tier", "Privileged")]
public sealed class UnprivilegedChecks(SharedTargets targets) : IClassFixture<SharedTargets>
{
    private static readonly ProcRoot s_root = new("/proc");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Explicit = true)]
    public void Frame_numbers_are_null_where_the_kernel_hides_them_and_the_rest_is_true()
    {
        TargetProcess target = targets["anon"];
        TargetRegion region = target["anon"];
        ProcessPageInfo[] pages = TargetPages.Read(region);
        Assert.All(pages.On(region["written"]), page => Assert.Equal((PageState.Present, true, Rights.SeesFrameNumbers), (page.State, page.IsExclusive, page.Pfn is not null)));
        Assert.All(pages.On(region["untouched"]), page => Assert.Equal(PageState.Unpopulated, page.State));
    }

    [Fact(Explicit = true)]
    public void Memory_of_ones_own_is_measured_to_the_byte()
    {
        foreach (string kind in (string[])["anon", "fork", "file-private"])
        {
            TargetProcess target = targets[kind];
            UssVersusSmaps.Check(target.ProcessId);
        }
    }

    [Fact(Explicit = true)]
    public void The_zero_page_makes_rss_null_or_right_but_never_wrong()
    {
        Require.ZeroPage();
        TargetProcess target = targets["anon-read"];
        MappingUss uss = UssVersusSmaps.MeasureRegion(target["anon-read"], UssMethod.Exclusive);
        Assert.Equal(0, uss.Uss);
        Assert.True(uss.Rss is null or 0, $"{uss.Rss}");
        UssVersusSmaps.Check(target.ProcessId);
    }

    [Fact(Explicit = true)]
    public void A_guard_region_is_one_or_hidden_but_never_swap()
    {
        TargetProcess target = targets["guard"];
        ProcessPageInfo[] pages = TargetPages.Read(target["guard"]);
        PageState expected = Environment.OSVersion.Version >= new Version(6, 15) || Rights.SeesFrameNumbers ? PageState.Guard : PageState.Hidden;
        Assert.All(pages.On(target["guard"]["guard"]), page => Assert.Equal(expected, page.State));
        Assert.All(pages, page => Assert.Null(page.SwapFile));
    }

    [Fact(Explicit = true)]
    public void A_marker_is_one_or_hidden_but_never_swap()
    {
        TargetProcess target = targets["uffd-wp"];
        int[] markers = target["markers"]["marker"];
        Require.That(markers.Length > 0, "Markers", "this kernel leaves no markers in anonymous memory");
        PageState expected = Rights.SeesFrameNumbers ? PageState.UffdMarker : PageState.Hidden;
        Assert.All(TargetPages.Read(target["markers"]).On(markers), page => Assert.Equal((expected, true), (page.State, page.IsUffdWriteProtected)));
    }

    [Fact(Explicit = true)]
    public void A_process_of_another_user_is_read_or_the_right_is_named_that_is_missing() =>
        AssertReadOrDenied(StandingBy(UnprivilegedFixture.OfOtherUser), isOfSameUser: false);

    [Fact(Explicit = true)]
    public void A_process_with_more_rights_is_read_or_the_right_is_named_that_is_missing() =>
        AssertReadOrDenied(StandingBy(UnprivilegedFixture.OfMoreRights), isOfSameUser: Rights.IsRoot);

    /// <summary>clear_refs asks nobody for the right to trace (fs/proc/task_mmu.c, clear_refs_write), unless hidepid hides it.</summary>
    [Fact(Explicit = true)]
    public void To_clear_bits_of_another_users_process_asks_for_the_right_to_write_its_files()
    {
        const int EACCES = 13;
        int processId = StandingBy(UnprivilegedFixture.OfOtherUser);
        if (KernelFile.OpensForWriting($"/proc/{processId}/clear_refs"))
        {
            Assert.True(Rights.MayWriteFilesOfOthers);
            return;
        }

        bool isHidden = !KernelFile.Opens($"/proc/{processId}/comm");
        ProcfsException failure = ProcessErrors.FromErrno(s_root, processId, "clear_refs", EACCES);
        Assert.Contains("CAP_DAC_OVERRIDE", failure.MissingCapability, StringComparison.Ordinal);
        Assert.DoesNotContain("CAP_DAC_READ_SEARCH", failure.Message, StringComparison.Ordinal);
        Assert.Equal(isHidden, failure.Message.Contains("CAP_SYS_PTRACE", StringComparison.Ordinal));
    }

    [Fact(Explicit = true)]
    public void Files_of_frames_are_read_by_their_owner_and_by_who_may_read_all_files()
    {
        using KPageFiles files = new(s_root);
        foreach (FrameProperties field in KPageFiles.AllFields.Where(field => File.Exists($"/proc/{KPageFiles.FileName(field)}")))
        {
            if (Rights.IsRoot || Rights.MayReadFilesOfOthers)
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
    public void Shared_memory_is_resolved_or_said_not_to_be()
    {
        TargetProcess target = targets["shared-zapped"];
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, target.ProcessId);
        using ProcfsContext procfs = new(s_root);
        ProcessPageQuery query = new() { Walk = new PageWalkOptions { Addresses = [target["shared-zapped"].Range] }, ResolveShared = true };
        using ProcessPageReader reader = new(procfs, process, query);
        int notMapped = 0;
        while (reader.MoveNext(Stop))
        {
            notMapped += Enumerable.Range(0, reader.Batch.Count).Count(row => reader.GetPage(row).State == PageState.NotMapped);
        }

        Assert.Equal(!Rights.MayFollowMapFiles, reader.Warnings.HasFlag(ReadWarnings.UnresolvedSharedMemory));
        Assert.Equal(Rights.MayFollowMapFiles ? target["shared-zapped"]["zapped"].Length : 0, notMapped);
    }

    [Fact(Explicit = true)]
    public void What_is_said_beforehand_is_what_comes_true() => SupportAgreement.Check(StandingBy(UnprivilegedFixture.OfOtherUser));

    private static void AssertReadOrDenied(int processId, bool isOfSameUser)
    {
        if (KernelFile.Opens($"/proc/{processId}/pagemap") && KernelFile.Opens($"/proc/{processId}/maps"))
        {
            Assert.NotEmpty(Mappings(processId));
            return;
        }

        ProcfsException failure = Assert.Throws<ProcfsException>(() => Mappings(processId));
        Assert.Equal((ProcfsError.ProcessAccessDenied, processId), (failure.Error, failure.ProcessId));
        Assert.Contains(failure.MissingCapability!, failure.Message, StringComparison.Ordinal);
        Assert.Equal(!Rights.MayTraceOthers, failure.MissingCapability!.Contains("CAP_SYS_PTRACE", StringComparison.Ordinal));
        Assert.Equal(!isOfSameUser && !Rights.MayReadFilesOfOthers, failure.MissingCapability!.Contains("CAP_DAC_READ_SEARCH", StringComparison.Ordinal));
    }

    private static MemoryMapping[] Mappings(int processId)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(s_root, processId);
        return [.. process.ReadMappings()];
    }

    private static int StandingBy(string variable)
    {
        bool isThere = int.TryParse(Environment.GetEnvironmentVariable(variable), out int processId);
        Require.That(isThere, "Root", "only root can have processes of another user stand by");
        return processId;
    }
}
