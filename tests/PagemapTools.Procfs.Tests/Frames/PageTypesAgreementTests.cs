using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

/// <summary>Compares views, filters and histogram with page-types itself over the same saved files.</summary>
[Trait("Tier", "Live")]
public sealed class PageTypesAgreementTests
{
    // page-types exits at a bit without a name. Every version since 6.1 has names for these bits.
    private const ulong NamedEverywhere = 0x7ffffff | (0x3ffUL << 32);
    private const ulong Slab = 1UL << 7;

    // Bits that differ on slab pages: page-types does not mask the first two, and dropped the third in 6.4 together with SLOB.
    private const ulong DiffersOnSlab = (1UL << 12) | (1UL << 21) | (1UL << 35);

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "anon,lru")]
    [InlineData(true, "readahead,slub_f,anon_e")]
    [InlineData(false, "anon,lru=anon")]
    [InlineData(false, "anon,~lru")]
    [InlineData(false, "~mmap,~anon,~lru")]
    [InlineData(false, "=lru")]
    [InlineData(false, "=")]
    [InlineData(true, "0x10,compound=0x10")]
    [InlineData(true, "c,~re")]
    [InlineData(false, "swap,~b")]
    [InlineData(true, "ar,010=ar")]
    public void CountsOfRandomWordsEqualThoseOfPageTypes(bool raw, string? bits)
    {
        Require.PageTypes();
        Random random = new(20240607);

        // The table of page-types has room for 8191 combinations.
        AssertAgreement([.. Enumerable.Range(0, 4000).Select(_ => CreateSparseWord(random))], raw, bits);
    }

    [Theory]
    [InlineData(false, null)]
    [InlineData(true, null)]
    [InlineData(false, "anon,mmap=anon,mmap")]
    [InlineData(false, "lru,~active")]
    public void CountsOfLiveFramesEqualThoseOfPageTypes(bool raw, string? bits)
    {
        Require.PageTypes();
        Require.ReadableFile("/proc/kpageflags");
        AssertAgreement(KernelFile.ReadWords("/proc/kpageflags", 0, 1 << 18), raw, bits);
    }

    [Fact]
    public void LettersEqualThoseOfPageTypes()
    {
        Require.PageTypes();

        // page-types parses numbers of up to 63 bits.
        foreach (ulong flag in Enum.GetValues<KPageFlags>().Select(flag => (ulong)flag).Where(flag => (flag & (NamedEverywhere | (1UL << 47) | (3UL << 61))) != 0))
        {
            Assert.Equal(PageTypes.Letters(flag), KPageFlagsNames.FormatLetters((KPageFlags)flag).Replace("_", string.Empty, StringComparison.Ordinal));
        }
    }

    private static void AssertAgreement(ulong[] words, bool raw, string? bits)
    {
        for (int i = 0; i < words.Length; i++)
        {
            words[i] &= NamedEverywhere;
            words[i] &= (words[i] & Slab) != 0 ? ~DiffersOnSlab : ulong.MaxValue;
        }

        using FakeProc tree = new FakeProc().WriteEntries("kpageflags", 0, words);
        Dictionary<ulong, long> expected = PageTypes.Count(tree.GetPath("kpageflags"), raw, bits);
        using PageIndexedFile file = PageIndexedFile.Open(tree.GetPath("kpageflags"));
        FlagFilter filter = new() { BitSpecs = bits is null ? [] : [BitSpec.Parse(bits)] };
        KPageFlagsHistogram histogram = new(filter, raw);
        histogram.AddAll(file, threads: 2, progress: null, TestContext.Current.CancellationToken);
        Assert.Equal(
            expected.OrderBy(pair => pair.Key),
            histogram.GetSummaries().Select(summary => KeyValuePair.Create(summary.FlagsValue, summary.PageCount)));
    }

    private static ulong CreateSparseWord(Random random) =>
        Enumerable.Range(0, random.Next(0, 6)).Aggregate(0UL, (word, _) => word | (1UL << random.Next(0, 42)));
}
