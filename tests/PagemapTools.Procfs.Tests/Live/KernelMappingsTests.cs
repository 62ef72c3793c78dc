using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The mappings that the kernel makes in every process.</summary>
[Trait("Tier", "Live")]
public sealed class KernelMappingsTests(SharedTargets targets) : IClassFixture<SharedTargets>
{
    [Fact]
    public void VvarIsNotResidentAndVdsoIsMeasured()
    {
        TargetProcess target = targets["anon"];
        foreach (UssMethod method in UssVersusSmaps.GetMethods())
        {
            UssMeter meter = new(new ProcfsContext(new ProcRoot("/proc")), method);
            MappingUss[] mappings = [.. meter.MeasureMappings(target.ProcessId, mappings: null, TestContext.Current.CancellationToken)];
            Assert.All(mappings.Where(uss => uss.Mapping.Kind == MappingKind.Vvar), uss => Assert.Equal((0L, 0L), (uss.Uss!.Value, uss.Rss!.Value)));
            Assert.Contains(mappings, uss => uss.Mapping.Kind == MappingKind.Vvar);
            Assert.Contains(mappings, uss => uss.Mapping.Kind == MappingKind.Vdso);
            Assert.DoesNotContain(mappings, uss => uss.Mapping.Kind == MappingKind.Vsyscall);
        }
    }

    [Fact]
    public void VvarReadsAsUnpopulated()
    {
        // The kernel does not walk a VM_PFNMAP mapping (mm/pagewalk.c, walk_page_test).
        TargetProcess target = targets["anon"];
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), target.ProcessId);
        PageWalkOptions options = new() { Mappings = mapping => mapping.Kind == MappingKind.Vvar, Categories = PageCategories.None };
        SortedDictionary<ulong, ulong> entries = Walks.ReadEntries(process, options);
        Assert.NotEmpty(entries);
        Assert.All(entries, entry => Assert.Equal(0UL, entry.Value & (PagemapBits.Present | PagemapBits.Swap)));
    }

    [Fact]
    public void VdsoPagesArePresentAndShared()
    {
        TargetProcess target = targets["anon"];
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), target.ProcessId);
        ProcessPageQuery query = new() { Walk = new PageWalkOptions { Mappings = mapping => mapping.Kind == MappingKind.Vdso } };
        (List<ProcessPageInfo> pages, _) = Walks.ReadPages(new ProcRoot("/proc"), process, query);
        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.Equal((PageState.Present, true), (page.State, page.IsFileOrSharedAnon)));
    }

    [Fact]
    public void TheVsyscallPageIsListedAndNotWalked()
    {
        MemoryMapping[] mappings = ReadMappings(Environment.ProcessId);
        MemoryMapping? vsyscall = mappings.FirstOrDefault(mapping => mapping.Kind == MappingKind.Vsyscall);
        Require.That(vsyscall is not null, "Vsyscall", "this kernel maps no vsyscall page (vsyscall=none, or another architecture)");
        Assert.Same(mappings[^1], vsyscall);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), Environment.ProcessId);
        Assert.Empty(Walks.ReadEntries(process, new PageWalkOptions { Addresses = [new(vsyscall.Start, vsyscall.End)] }));
    }

    [Fact]
    public void EachProcessHasAStackAndAHeap()
    {
        TargetProcess target = targets["anon"];
        MemoryMapping[] mappings = ReadMappings(target.ProcessId);
        Assert.Single(mappings, mapping => mapping.Kind == MappingKind.Stack);
        Assert.Single(mappings, mapping => mapping.Kind == MappingKind.Heap);
    }

    private static MemoryMapping[] ReadMappings(int processId)
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), processId);
        return [.. process.ReadMappings()];
    }
}
