namespace PagemapTools.Procfs.Tests.Uss;

/// <summary>The arithmetic over a made-up tree; what it has to come to is worked out by hand.</summary>
public sealed class UssMeterTests
{
    private const int Id = 7;
    private const ulong Once = 1, Twice = 2, Zero = 3, Thrice = 4;
    private static readonly long s_page = Environment.SystemPageSize;

    [Theory]
    [InlineData(UssMethod.Exclusive, 1)]
    [InlineData(UssMethod.Exclusive, 3)]
    [InlineData(UssMethod.MapCount, 1)]
    [InlineData(UssMethod.MapCount, 3)]
    public void Pages_are_counted_by_either_method_and_any_number_of_threads(UssMethod method, int threads)
    {
        using MadeUpTree tree = Tree(
            Words.Present | Words.Exclusive | Once, Words.Present | Words.Exclusive | Words.File | Once, Words.Present | Twice,
            Words.Present | Words.File | Thrice, Words.Present | Zero, 0, Words.Swapped(0, 5), Words.GuardRegion, Words.UffdMarker);
        ProcessUss uss = Measure(tree, method, threads);
        Assert.Equal((Id, "made-up", method), (uss.ProcessId, uss.ProcessName, uss.Method));
        Assert.Equal(2 * s_page, uss.Uss);
        Assert.Equal(4 * s_page, uss.Rss);
        Assert.Equal(2 * s_page, uss.Shared);
        Assert.Equal(s_page, uss.Swap);
        Assert.Equal(0, uss.Hugetlb);
        Assert.Equal(method == UssMethod.MapCount ? (2 * s_page) + (s_page / 2) + (s_page / 3) : null, uss.Pss);
    }

    [Fact]
    public void Each_mapping_has_its_own_figures_and_their_sum_is_the_processs()
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive | Once, Words.Present | Twice, 0, Words.Swapped(0, 5), 0, 0, 0, 0, Words.Present | Words.Exclusive | Once);
        tree.Process(Id, Line(0x10, 0x12, "/first"), Line(0x12, 0x14, "/second"), Line(0x14, 0x19, "/third"));
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.MapCount);
        MappingUss[] mappings = [.. meter.MeasureMappings(Id, mappings: null, TestContext.Current.CancellationToken)];
        Assert.Equal(["/first", "/second", "/third"], mappings.Select(mapping => mapping.Mapping.Path));
        Assert.Equal([s_page, 0L, s_page], mappings.Select(mapping => mapping.Uss!.Value));
        Assert.Equal([s_page * 3 / 2, 0L, s_page], mappings.Select(mapping => mapping.Pss!.Value));
        Assert.Equal([0L, s_page, 0L], mappings.Select(mapping => mapping.Swap!.Value));
        Assert.Equal(Measure(tree, UssMethod.MapCount, 1).Uss, mappings.Sum(mapping => mapping.Uss));
    }

    [Fact]
    public void Only_the_mappings_that_are_named_count()
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive | Once, Words.Present | Words.Exclusive | Once, Words.Present | Words.Exclusive | Once);
        tree.Process(Id, Line(0x10, 0x11, "/first"), Line(0x11, 0x13, "/second"));
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.Exclusive);
        Assert.Equal(2 * s_page, meter.Measure(Id, mapping => mapping.Path == "/second", 1, cancellationToken: TestContext.Current.CancellationToken).Uss);
        Assert.Equal("/second", Assert.Single(meter.MeasureMappings(Id, mapping => mapping.Path == "/second", TestContext.Current.CancellationToken)).Mapping.Path);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Pages_are_truncated_one_by_one_as_smaps_does(int threads)
    {
        const int Pages = 3 * 40_000;
        using MadeUpTree tree = Tree().Process(Id, Line(0x10, 0x10 + Pages, "/large"))
            .Pagemap(Id, 0x10 * (ulong)s_page, [.. Enumerable.Repeat(Words.Present | Words.File | Thrice, Pages)]);
        Assert.Equal(Pages * (s_page * 4096 / 3) / 4096, Measure(tree, UssMethod.MapCount, threads).Pss);
    }

    /// <summary>What is being moved, what the hardware poisoned and what a device holds (smaps_account: not as private since 6.11); markers do not.</summary>
    [Theory]
    [InlineData(UssMethod.Exclusive)]
    [InlineData(UssMethod.MapCount)]
    public void Entries_that_keep_a_frame_are_resident(UssMethod method)
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive | Once, Words.Swapped(29, 0x1234), Words.Swapped(31, 2), Words.GuardRegion, Words.UffdMarker);
        ProcessUss uss = Measure(tree, method, 1);
        long moved = Environment.OSVersion.Version < new Version(6, 11) ? s_page : 0;
        Assert.Equal((2 * s_page, s_page + moved), (uss.Rss!.Value, uss.Uss!.Value));
        Assert.Equal(0, uss.Swap);
        Assert.Equal(method == UssMethod.MapCount ? 2 * s_page : null, uss.Pss);
    }

    [Theory]
    [InlineData("08:01 5 /dev/zero", 0)]
    [InlineData("00:00 0", 0)]
    [InlineData("08:01 5 /file", 1)]
    public void A_page_that_is_said_to_be_of_a_file_is_the_huge_zero_page_in_anonymous_memory(string file, int resident)
    {
        using MadeUpTree tree = Tree(Words.Present | Words.File | Zero);
        tree.Process(Id, $"{0x10 * s_page:x}-{0x19 * s_page:x} rw-p 00000000 {file}");
        Assert.Equal(resident * s_page, Measure(tree, UssMethod.Exclusive, 1).Rss);
    }

    /// <summary>Frames of a section for which the kernel's files read 0 throughout.</summary>
    [Fact]
    public void Frames_that_the_kernel_knows_nothing_of_are_mapped_all_the_same()
    {
        const int Section = 1 << 15;
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive | Section, Words.Present | (Section + 1), Words.Present | Words.Exclusive | Once)
            .Entries("kpageflags", 0, 1).Entries("kpageflags", (2 * Section) - 1, 0).Entries("kpagecount", (2 * Section) - 1, 0);
        ProcessUss exclusive = Measure(tree, UssMethod.Exclusive, 1);
        ProcessUss mapCount = Measure(tree, UssMethod.MapCount, 1);
        Assert.Equal((2 * s_page, 3 * s_page), (exclusive.Uss!.Value, exclusive.Rss!.Value));
        Assert.Equal((2 * s_page, 3 * s_page), (mapCount.Uss!.Value, mapCount.Rss!.Value));
        Assert.Null(mapCount.Pss);
    }

    [Fact]
    public void Without_frame_numbers_exclusive_pages_are_still_known()
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive, Words.Present | Words.File, Words.Present | Words.Exclusive | Words.File);
        ProcessUss uss = Measure(tree, UssMethod.Exclusive, 1);
        Assert.Equal((2 * s_page, 3 * s_page), (uss.Uss!.Value, uss.Rss!.Value));
    }

    [Fact]
    public void Without_frame_numbers_the_zero_page_makes_rss_unknown()
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive, Words.Present);
        ProcessUss uss = Measure(tree, UssMethod.Exclusive, 1);
        Assert.Equal(s_page, uss.Uss);
        Assert.Null(uss.Rss);
        Assert.Null(uss.Shared);
    }

    [Fact]
    public void Without_frame_numbers_the_counts_of_frames_are_of_no_use()
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive);
        ProcessUss uss = Measure(tree, UssMethod.MapCount, 1);
        Assert.Null(uss.Uss);
        Assert.Null(uss.Pss);
        Assert.Null(uss.Rss);
        Assert.Null(uss.Shared);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void An_entry_whose_swap_type_is_hidden_is_swap_only_where_there_is_an_area(bool hasArea)
    {
        using MadeUpTree tree = Tree(Words.Swap);
        tree.Text("swaps", "Filename Type Size Used Priority\n" + (hasArea ? "/swap file 100 0 -2\n" : string.Empty));
        Assert.Equal(hasArea ? null : 0L, Measure(tree, UssMethod.Exclusive, 1).Swap);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void A_process_that_goes_is_told_and_not_half_measured(int threads)
    {
        using MadeUpTree tree = Tree().Process(Id, Line(0x10, 0x20, "/first"), Line(0x20, 0x30, "/second")).Pagemap(Id, 0x10 * (ulong)s_page, new ulong[0x13]);
        File.WriteAllBytes(tree.PathOf("7/pagemap"), new byte[0x23 * 8]);
        Assert.Equal(ProcfsError.ProcessNotFound, Assert.Throws<ProcfsException>(() => Measure(tree, UssMethod.Exclusive, threads)).Error);
    }

    [Fact]
    public void The_method_that_reads_counts_says_when_it_cannot()
    {
        using MadeUpTree tree = new MadeUpTree().Process(Id);
        Assert.Equal(ProcfsError.KPageNotAvailable, Assert.Throws<ProcfsException>(() => new UssMeter(new ProcfsContext(tree.Root), UssMethod.MapCount)).Error);
        UssMeter exclusive = new(new ProcfsContext(tree.Root), UssMethod.Exclusive);
        Assert.Equal(UssMethod.Exclusive, exclusive.Method);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_stop_is_heeded(int threads)
    {
        using MadeUpTree tree = Tree(Words.Present | Words.Exclusive | Once);
        UssMeter meter = new(new ProcfsContext(tree.Root), UssMethod.Exclusive);
        Assert.ThrowsAny<OperationCanceledException>(() => meter.Measure(Id, null, threads, cancellationToken: new CancellationToken(canceled: true)));
    }

    /// <summary>One mapping of nine pages.</summary>
    private static MadeUpTree Tree(params ReadOnlySpan<ulong> entries) =>
        new MadeUpTree().Entries("kpagecount", 0, 0, 1, 2, 0, 3)
            .Text("swaps", "Filename Type Size Used Priority\n/swap file 100 0 -2\n")
            .Process(Id, Line(0x10, 0x19, "/mapped"))
            .Pagemap(Id, 0x10 * (ulong)s_page, [.. entries, .. new ulong[9 - entries.Length]]);

    private static string Line(int first, int end, string name) => $"{first * s_page:x}-{end * s_page:x} rw-p 00000000 08:01 5 {name}";

    private static ProcessUss Measure(MadeUpTree tree, UssMethod method, int threads)
    {
        UssMeter meter = new(new ProcfsContext(tree.Root), method);
        return meter.Measure(Id, mappings: null, threads, cancellationToken: TestContext.Current.CancellationToken);
    }
}
