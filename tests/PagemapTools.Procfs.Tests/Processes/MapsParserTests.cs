using System.Text;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

[Trait("Tier", "Unit")]
public sealed class MapsParserTests
{
    private const string Library =
        "7f0a1c000000-7f0a1c021000 r-xp 0001f000 fd:0a 1837                       /usr/lib/x86_64-linux-gnu/libc.so.6";

    [Fact]
    public void ParseReadsEveryFieldOfALine()
    {
        MemoryMapping mapping = Parse(Library);
        Assert.Equal(0x7f0a1c000000UL, mapping.Start);
        Assert.Equal(0x7f0a1c021000UL, mapping.End);
        Assert.Equal(0x21000UL, mapping.Size);
        Assert.Equal("r-xp", mapping.Permissions);
        Assert.Equal(0x1f000UL, mapping.Offset);
        Assert.Equal("fd:0a", mapping.Device);
        Assert.Equal((0xfdu, 0x0au), (mapping.DeviceMajor, mapping.DeviceMinor));
        Assert.Equal(1837UL, mapping.Inode);
        Assert.Equal("/usr/lib/x86_64-linux-gnu/libc.so.6", mapping.Path);
        Assert.False(mapping.IsDeleted);
        Assert.False(mapping.IsShared);
        Assert.Equal(MappingKind.File, mapping.Kind);
        Assert.Equal(7, mapping.ProcessId);
    }

    [Fact]
    public void AnonymousMappingsHaveNoPath()
    {
        MemoryMapping mapping = Parse("7ffd00000000-7ffd00001000 rw-p 00000000 00:00 0 ");
        Assert.Null(mapping.Path);
        Assert.Equal("[anon]", mapping.Name);
        Assert.Equal(MappingKind.Anonymous, mapping.Kind);
        Assert.Equal(0UL, mapping.Inode);
    }

    [Theory]
    [InlineData("00:00 0 ", false)]
    [InlineData("00:00 0 [heap]", false)]
    [InlineData("00:01 0 /SYSV00000000 (deleted)", true)]
    [InlineData("00:0f 0 /SYSV0052e2c1 (deleted)", true)]
    [InlineData("08:01 5 /x", true)]
    public void AMappingWithADeviceHasAFileEvenWithInode0(string line, bool hasFile) =>
        Assert.Equal(hasFile, Parse($"1000-2000 rw-s 00000000 {line}").HasFile);

    [Fact]
    public void ParseReadsTheGreatestNumbers()
    {
        MemoryMapping mapping = Parse("ffffffffffffe000-fffffffffffff000 ---p ffffffffffffffff fff:fffff 18446744073709551615 /x");
        Assert.Equal(0xfffffffffffff000, mapping.End);
        Assert.Equal(ulong.MaxValue, mapping.Offset);
        Assert.Equal("fff:fffff", mapping.Device);
        Assert.Equal(ulong.MaxValue, mapping.Inode);
    }

    [Theory]
    [InlineData("r--p", false)]
    [InlineData("rwxs", true)]
    [InlineData("---s", true)]
    [InlineData("-w-p", false)]
    public void PermissionsAreTheFourLettersOfTheKernel(string permissions, bool isShared)
    {
        MemoryMapping mapping = Parse($"1000-2000 {permissions} 00000000 00:01 5 /x");
        Assert.Equal(permissions, mapping.Permissions);
        Assert.Equal(isShared, mapping.IsShared);
    }

    [Theory]
    [InlineData("/a path with  spaces ", "/a path with  spaces ", false)]
    [InlineData(@"/new\012line", "/new\nline", false)]
    [InlineData(@"/back\slash", @"/back\slash", false)]
    [InlineData(@"/back\\012", "/back\\\n", false)]
    [InlineData("/tab\tstop", "/tab\tstop", false)]
    [InlineData("/gone (deleted)", "/gone", true)]
    [InlineData("/gone (deleted) (deleted)", "/gone (deleted)", true)]
    [InlineData("/kept(deleted)", "/kept(deleted)", false)]
    [InlineData("/naïve-名", "/naïve-名", false)]
    [InlineData("[heap]", "[heap]", false)]
    [InlineData("[anon:a name]", "[anon:a name]", false)]
    public void ParseDecodesThePath(string written, string path, bool isDeleted)
    {
        MemoryMapping mapping = Parse($"1000-2000 rw-s 00000000 00:01 5                          {written}");
        Assert.Equal(path, mapping.Path);
        Assert.Equal(isDeleted, mapping.IsDeleted);
    }

    [Fact]
    public void PathsShowInvalidUtf8AsHexNumbers() =>
        Assert.Equal(@"/x\xff\xfey", Parse([.. "1000-2000 rw-p 00000000 00:01 5    /x"u8, 0xff, 0xfe, (byte)'y']).Path);

    [Fact]
    public void TheVsyscallPageHasNoPagemap()
    {
        MemoryMapping mapping = Parse("ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]");
        Assert.Equal(MappingKind.Vsyscall, mapping.Kind);
        Assert.False(mapping.HasPagemap);
        Assert.True(Parse(Library).HasPagemap);
    }

    [Fact]
    public void TheParserDistinguishesSuccessivePaths()
    {
        MapsParser parser = new(Identities.Process, MapsParser.FileName);
        string[] names = ["/a", "/a", "", "/b (deleted)", "/b (deleted)", "/b", "[stack]", ""];
        MemoryMapping[] mappings = [.. names.Select(name => parser.Parse(Encoding.UTF8.GetBytes($"1000-2000 rw-p 00000000 00:01 5 {name}")))];
        Assert.Equal(["/a", "/a", null, "/b", "/b", "/b", "[stack]", null], mappings.Select(mapping => mapping.Path));
        Assert.Equal([false, false, false, true, true, false, false, false], mappings.Select(mapping => mapping.IsDeleted));
        Assert.Equal(MappingKind.Stack, mappings[6].Kind);
        Assert.Equal(MappingKind.Anonymous, mappings[7].Kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not a line")]
    [InlineData("1000-2000")]
    [InlineData("1000 2000 rw-p 00000000 00:01 5 /x")]
    [InlineData("1000-2000 rw-p 00000000 00:01 ")]
    [InlineData("1000-2000 rw-p 00000000 00:01 x /x")]
    [InlineData("1000-2000 rw-p 00000000 0001 5 /x")]
    [InlineData("1000-2000 rwxps 00000000 00:01 5 /x")]
    [InlineData("1000-2000 rw 00000000 00:01 5 /x")]
    [InlineData("g000-2000 rw-p 00000000 00:01 5 /x")]
    [InlineData("10000000000000000-2000 rw-p 00000000 00:01 5 /x")]
    [InlineData("1000-2001 rw-p 00000000 00:01 5 /x")]
    [InlineData("1100-2000 rw-p 00000000 00:01 5 /x")]
    public void TheErrorQuotesAMalformedLine(string line)
    {
        ProcfsException failure = Assert.Throws<ProcfsException>(() => Parse(line));
        Assert.Equal((ProcfsError.ReadFailed, Identities.Process.Id), (failure.Error, failure.ProcessId));
        Assert.Contains($"'{line}'", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ToStringShowsRangePermissionsAndPath() =>
        Assert.Equal("7f0a1c000000-7f0a1c021000 r-xp /usr/lib/x86_64-linux-gnu/libc.so.6", Parse(Library).ToString());

    private static MemoryMapping Parse(string line) => Parse(Encoding.UTF8.GetBytes(line));

    private static MemoryMapping Parse(byte[] line) => new MapsParser(Identities.Process, MapsParser.FileName).Parse(line);
}
