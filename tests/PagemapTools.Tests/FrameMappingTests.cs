using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Get-KPageMapping on files with known words.</summary>
[Trait("Tier", "Unit")]
public sealed class FrameMappingTests : IDisposable
{
    private const ulong Anonymous = (1UL << 3) | (1UL << 5) | (1UL << 11) | (1UL << 12) | (1UL << 14);
    private const ulong Start = 0x10000;

    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public FrameMappingTests()
    {
        // Frame 5 is mapped by processes 3 and 20, frame 6 by 20; frame 7 is a page table.
        _tree.WriteEntries("kpageflags", 0, 0, 0, 0, 0, 0, Anonymous, Anonymous, 1UL << 26, 1UL << 10)
            .WriteEntries("kpagecount", 0, 0, 0, 0, 0, 0, 2, 1, 0, 0)
            .AddProcess(20, Start, PagemapBits.PresentAt(6), PagemapBits.PresentAt(5))
            .AddProcess(3, Start, PagemapBits.PresentAt(5));
        _session["tree"] = _tree.Path;
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["Get-KPage*:ProcPath"] = _tree.Path, ["Get-KPage*:AllowSavedTree"] = true };
        _session["page"] = KernelFile.PageSize;
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    [Theory]
    [InlineData("Get-KPageMapping 5, 6, 7")]
    [InlineData("Get-KPageMapping 7, 6, 5, 5")]
    [InlineData("Get-KPageMapping -Pfn 0x5 -Count 3")]
    [InlineData("Get-KPageMapping -PhysicalAddress (5 * $page + 17), (6 * $page), (8 * $page - 1)")]
    [InlineData("Get-KPageMapping -PhysicalAddress ('0x{0:x}' -f (5 * $page)) -Count 3")]
    [InlineData("'0x5', 6, 7 | Get-KPageMapping")]
    [InlineData("5 | Get-KPageMapping -Count 3")]
    [InlineData("[pscustomobject]@{ PhysicalAddress = 5 * $page; Count = 3 } | Get-KPageMapping")]
    [InlineData("Get-KPageFlags 5, 6, 7 | Get-KPageMapping")]
    [InlineData("Get-KPageFlags 5 -Count 3 -AsRange | Get-KPageMapping")]
    public void FramesAreNamedInAnyWay(string command)
    {
        IReadOnlyList<PSObject> found = _session.GetObjects(command);

        Assert.Equal([3, 20, 20, null], found.Select(item => item.Get<int?>("ProcessId")));
        Assert.Equal([5UL, 6UL, 5UL, 7UL], found.GetColumn<ulong>("Pfn"));
        Assert.Equal(["FrameMapping", "FrameMapping", "FrameMapping", "PageUseInfo"], found.Select(item => item.GetTypeName()));
        Assert.Equal(["PageTable", "made-up"], [found[3].Get<string>("Use"), found[0].Get<string>("ProcessName")]);
    }

    [Fact]
    public void IncludedPropertiesAreRead()
    {
        PSObject mapping = _session.GetObjects("Get-KPageMapping 5 -Include Flags, MapCount")[0];

        Assert.Equal(2UL, mapping.Get<ulong?>("MapCount"));
        Assert.Equal("UPTODATE,LRU,MMAP,ANON,SWAPBACKED", mapping.Get<string>("FlagNames"));
        Assert.Null(_session.GetObjects("Get-KPageMapping 5")[0].Get<ulong?>("MapCount"));
    }

    [Fact]
    public void MissingMappingsGiveOneWarning()
    {
        _tree.WriteEntries("kpagecount", 5, 4, 2);

        Outcome outcome = _session.Run("Get-KPageMapping 5, 6");

        Assert.Equal(3, outcome.Output.Count);
        Assert.StartsWith("Of 2 page frames, 3 mappings were not found", Assert.Single(outcome.Warnings));
    }

    [Fact]
    public void CommandWithoutFramesIsAnError()
    {
        Assert.Equal("NoPageFrames", _session.GetTermination("Get-KPageMapping").GetErrorId());
        Assert.Empty(_session.GetObjects("@() | Get-KPageMapping; Get-KPageMapping -Pfn @(); Get-KPageMapping -Pfn $null"));
    }

    [Fact]
    public void MissingFileDoesNotStopTheNext()
    {
        Outcome outcome = _session.Run("Get-KPageMapping -Path /no/such/file, /dev/null -ProcPath /proc -WarningAction Ignore; Get-KPageMapping -LiteralPath '/no/such[1]' -ProcPath /proc");
        Require.That(outcome.Termination is null, "PageFrameNumbers", $"{outcome.Termination}");

        Assert.Equal(["PathNotFound", "PagemapReadFailed", "PathNotFound"], outcome.Errors.Select(error => error.GetErrorId()));
        Assert.Contains("no regular file", outcome.Errors[1].Exception.Message);
    }

    [Fact]
    public void PhysicalAddressMustBeWhole()
    {
        ErrorRecord error = _session.GetTermination("Get-KPageMapping -PhysicalAddress 1.5");

        Assert.Contains("'1.5' is not a physical address", error.Exception.Message);
    }
}
