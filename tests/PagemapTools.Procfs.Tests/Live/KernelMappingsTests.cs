namespace PagemapTools.Procfs.Tests.Live;

/// <summary>The mappings that the kernel makes in every process.</summary>
public sealed class KernelMappingsTests(ZooHouse house) : IClassFixture<ZooHouse>
{
    [Fact]
    public void The_kernels_data_counts_for_nothing_and_its_code_for_what_smaps_says()
    {
        Zoo zoo = house["anon"];
        foreach (UssMethod method in UssAgreement.Methods())
        {
            UssMeter meter = new(new ProcfsContext(new ProcRoot("/proc")), method);
            MappingUss[] mappings = [.. meter.MeasureMappings(zoo.ProcessId, mappings: null, TestContext.Current.CancellationToken)];
            Assert.All(mappings.Where(uss => uss.Mapping.Kind == MappingKind.Vvar), uss => Assert.Equal((0L, 0L), (uss.Uss!.Value, uss.Rss!.Value)));
            Assert.Contains(mappings, uss => uss.Mapping.Kind == MappingKind.Vvar);
            Assert.Contains(mappings, uss => uss.Mapping.Kind == MappingKind.Vdso);
            Assert.DoesNotContain(mappings, uss => uss.Mapping.Kind == MappingKind.Vsyscall);
        }
    }

    [Fact]
    public void The_kernels_data_reads_as_unpopulated()
    {
        // VM_PFNMAP: the kernel does not walk over it (mm/pagewalk.c, walk_page_test).
        Zoo zoo = house["anon"];
        using ProcessMemory process = ProcessMemory.Open(new ProcRoot("/proc"), zoo.ProcessId);
        PageWalkOptions options = new() { Mappings = mapping => mapping.Kind == MappingKind.Vvar, Wanted = PageCategories.None };
        SortedDictionary<ulong, ulong> entries = Walks.Entries(process, options);
        Assert.NotEmpty(entries);
        Assert.All(entries, entry => Assert.Equal(0UL, entry.Value & (Words.Present | Words.Swap)));
    }

    [Fact]
    public void The_kernels_code_is_present_and_shared_with_others()
    {
        Zoo zoo = house["anon"];
        using ProcessMemory process = ProcessMemory.Open(new ProcRoot("/proc"), zoo.ProcessId);
        ProcessPageQuery query = new() { Walk = new PageWalkOptions { Mappings = mapping => mapping.Kind == MappingKind.Vdso } };
        (List<ProcessPageInfo> pages, _) = Walks.Pages(new ProcRoot("/proc"), process, query);
        Assert.NotEmpty(pages);
        Assert.All(pages, page => Assert.Equal((PageState.Present, true), (page.State, page.IsFileOrSharedAnon)));
    }

    [Fact]
    public void The_system_call_page_is_listed_and_walked_over()
    {
        MemoryMapping[] mappings = Mappings(Environment.ProcessId);
        MemoryMapping? vsyscall = mappings.FirstOrDefault(mapping => mapping.Kind == MappingKind.Vsyscall);
        Assert.SkipUnless(vsyscall is not null, "this kernel maps no vsyscall page (vsyscall=none, or another architecture)");
        Assert.Same(mappings[^1], vsyscall);
        using ProcessMemory process = ProcessMemory.Open(new ProcRoot("/proc"), Environment.ProcessId);
        Assert.Empty(Walks.Entries(process, new PageWalkOptions { Addresses = [new(vsyscall.Start, vsyscall.End)] }));
    }

    [Fact]
    public void The_stack_and_the_heap_are_there()
    {
        Zoo zoo = house["anon"];
        MemoryMapping[] mappings = Mappings(zoo.ProcessId);
        Assert.Single(mappings, mapping => mapping.Kind == MappingKind.Stack);
        Assert.Single(mappings, mapping => mapping.Kind == MappingKind.Heap);
    }

    private static MemoryMapping[] Mappings(int processId)
    {
        using ProcessMemory process = ProcessMemory.Open(new ProcRoot("/proc"), processId);
        return [.. process.Mappings()];
    }
}
