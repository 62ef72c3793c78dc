using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Tests.Frames;

/// <summary>Names and numbers as page-types parses them: recorded from Linux 6.1, and compared with the page-types of this machine.</summary>
[Trait("Tier", "Live")]
public sealed class PageTypesNamesTests
{
    public static TheoryData<string, ulong> Recorded => new()
    {
        { "locked", 0x1 },
        { "loc", 0x1 },
        { "l", 0x1 },
        { "e", 0x2 },
        { "r", 0x4 },
        { "re", 0x4 },
        { "rec", 0x200 },
        { "u", 0x8 },
        { "d", 0x10 },
        { "lr", 0x20 },
        { "a", 0x40 },
        { "ac", 0x40 },
        { "s", 0x80 },
        { "w", 0x100 },
        { "b", 0x400 },
        { "bu", 0x400 },
        { "m", 0x800 },
        { "mm", 0x800 },
        { "an", 0x1000 },
        { "anon", 0x1000 },
        { "anonym", 0x1000 },
        { "anonymous", 0x1000 },
        { "anon_", 0x800000000000 },
        { "sw", 0x2000 },
        { "swap", 0x2000 },
        { "swapb", 0x4000 },
        { "swapc", 0x2000 },
        { "c", 0x18000 },
        { "compound", 0x18000 },
        { "compound_", 0x8000 },
        { "compound_t", 0x10000 },
        { "h", 0x20000 },
        { "hu", 0x20000 },
        { "un", 0x40000 },
        { "hw", 0x80000 },
        { "n", 0x100000 },
        { "k", 0x200000 },
        { "t", 0x400000 },
        { "o", 0x800000 },
        { "z", 0x1000000 },
        { "zero", 0x1000000 },
        { "i", 0x2000000 },
        { "idle", 0x2000000 },
        { "idle_page", 0x2000000 },
        { "p", 0x4000000 },
        { "pg", 0x4000000 },
        { "res", 0x100000000 },
        { "ml", 0x200000000 },
        { "ma", 0x400000000 },
        { "mapped", 0x400000000 },
        { "mappedtodisk", 0x400000000 },
        { "pr", 0x800000000 },
        { "private", 0x800000000 },
        { "private_", 0x1000000000 },
        { "ow", 0x2000000000 },
        { "owner", 0x2000000000 },
        { "owner_private", 0x2000000000 },
        { "ar", 0x4000000000 },
        { "arch", 0x4000000000 },
        { "arch_", 0x20000000000 },
        { "unc", 0x8000000000 },
        { "so", 0x10000000000 },
        { "rea", 0x1000000000000 },
        { "read", 0x1000000000000 },
        { "slu", 0x4000000000000 },
        { "slub_d", 0x8000000000000 },
        { "f", 0x2000000000000000 },
        { "file", 0x2000000000000000 },
        { "mmap_", 0x8000000000000000 },
        { "16", 0x10 },
        { "010", 0x8 },
        { "0x10", 0x10 },
        { "020", 0x10 },
        { "00", 0x0 },
        { "0x3,mmap", 0x803 },
        { "owner,ma,010", 0x2400000008 },
        { "~a,b", 0x400 },
    };

    [Theory]
    [MemberData(nameof(Recorded))]
    public void ParseReadsNamesAsPageTypesDoes(string names, ulong flags)
    {
        // The list on the right of an equals sign gives exactly its own flags.
        Assert.Equal((KPageFlags)flags, BitSpec.Parse("=" + names).Mask.Bits);
    }

    [Fact]
    public void TheRecordedResultsEqualThoseOfPageTypes()
    {
        Require.PageTypes();

        Require.That(PageTypes.Knows("mappedtodisk"), "PageTypesBefore6.12", "this page-types has the name owner_2 in place of mappedtodisk");
        foreach ((string names, ulong flags) in Recorded.Select(row => row.Data))
        {
            Assert.True(PageTypes.Flags(names) == flags, names);
        }
    }
}
