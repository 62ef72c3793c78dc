using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

[Trait("Tier", "Unit")]
public sealed class MapsReaderTests
{
    [Fact]
    public void ReadReturns70000LinesInOrder()
    {
        const int Count = 70_000;
        StringBuilder lines = new();
        for (int i = 0; i < Count; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{0x10000 + (i * 0x1000):x}-{0x11000 + (i * 0x1000):x} r--p 00000000 08:01 {i} /lib/number {i}\n");
        }

        MemoryMapping[] mappings = Read(lines.ToString());
        Assert.Equal(Count, mappings.Length);
        for (int i = 0; i < Count; i++)
        {
            Assert.Equal((ulong)(0x10000 + (i * 0x1000)), mappings[i].Start);
            Assert.Equal((ulong)i, mappings[i].Inode);
            Assert.Equal(string.Create(CultureInfo.InvariantCulture, $"/lib/number {i}"), mappings[i].Path);
        }
    }

    [Theory]
    [InlineData(4096)]
    [InlineData((32 * 1024) - 60)]
    [InlineData(32 * 1024)]
    [InlineData(100_000)]
    public void ALineCanExceedTheBuffer(int length)
    {
        string name = "/" + new string('n', length);
        MemoryMapping[] mappings = Read($"1000-2000 r--p 00000000 08:01 1 /before\n2000-3000 r--p 00000000 08:01 2 {name}\n3000-4000 r--p 00000000 08:01 3 /after\n");
        Assert.Equal(["/before", name, "/after"], mappings.Select(mapping => mapping.Path));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(17)]
    public void ALineCanSpanTwoReads(int shift)
    {
        // The shift moves the positions at which the buffer ends within the lines.
        string first = $"1000-2000 r--p 00000000 08:01 1 /{new string('x', 30 + shift)}\n";
        StringBuilder lines = new(first);
        for (int i = 0; i < 2000; i++)
        {
            lines.Append(CultureInfo.InvariantCulture, $"{0x100000 + (i * 0x1000):x8}-{0x101000 + (i * 0x1000):x8} rw-p 00000000 08:01 {i:d5} /name-{i:d6}\n");
        }

        MemoryMapping[] mappings = Read(lines.ToString());
        Assert.Equal(2001, mappings.Length);
        Assert.Equal("/name-001999", mappings[^1].Path);
    }

    [Fact]
    public void AnEmptyFileHasNoMappings() => Assert.Empty(Read(string.Empty));

    [Fact]
    public void TheLinesBeforeAMalformedLineAreRead()
    {
        List<MemoryMapping> read = [];
        Assert.Throws<ProcfsException>(() => Read("1000-2000 r--p 00000000 08:01 1 /before\nnonsense\n", read));
        Assert.Equal("/before", Assert.Single(read).Path);
    }

    [Fact]
    public void ThisProcessHasItsStackAndLibrariesInOrder()
    {
        using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), Environment.ProcessId);
        MemoryMapping[] mappings = [.. process.ReadMappings()];
        Assert.True(mappings.Length > 20);
        Assert.All(mappings, mapping => Assert.True(mapping.Start < mapping.End));
        Assert.Equal(mappings.OrderBy(mapping => mapping.Start).Select(mapping => mapping.Start), mappings.Select(mapping => mapping.Start));
        Assert.Contains(mappings, mapping => mapping is { Kind: MappingKind.Stack, Permissions: "rw-p" });
        Assert.Contains(mappings, mapping => mapping.Path?.EndsWith("/libcoreclr.so", StringComparison.Ordinal) == true);
    }

    [Fact]
    public void AddressesThatWerePrintedBeforeAreReadOnce()
    {
        // The kernel prints a mapping that has grown or merged between two reads again.
        MemoryMapping[] mappings = Read("""
            1000-3000 rw-s 00005000 08:01 1 /x
            1000-3000 rw-s 00005000 08:01 1 /x
            1000-5000 rw-s 00005000 08:01 1 /x
            5000-6000 rw-p 00000000 00:00 0 

            """);
        Assert.Equal(
            [(0x1000UL, 0x3000UL, 0x5000UL, "/x"), (0x3000UL, 0x5000UL, 0x7000UL, "/x"), (0x5000UL, 0x6000UL, 0UL, null)],
            mappings.Select(mapping => (mapping.Start, mapping.End, mapping.Offset, mapping.Path)));
    }

    private static MemoryMapping[] Read(string text)
    {
        List<MemoryMapping> mappings = [];
        Read(text, mappings);
        return [.. mappings];
    }

    private static void Read(string text, List<MemoryMapping> mappings)
    {
        using FakeProc tree = new FakeProc().WriteText("maps", text);
        using SafeFileHandle maps = File.OpenHandle(tree.GetPath("maps"));
        foreach (MemoryMapping mapping in new MapsReader(maps, MapsParser.FileName, Identities.Process).Read(TestContext.Current.CancellationToken))
        {
            mappings.Add(mapping);
        }
    }
}
