using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>A cmdlet that cannot read a kpage file ends with one terminating error.</summary>
[Trait("Tier", "Unit")]
public sealed class KPageErrorTests : IDisposable
{
    private readonly FakeProc _tree = new FakeProc().AddProcess(7, 0x10000, PagemapBits.PresentAt(1));
    private readonly Session _session = new();

    public KPageErrorTests() => _session["tree"] = _tree.Path;

    public static TheoryData<string, string> Readers => new()
    {
        { "Get-KPageFlags", "kpageflags" },
        { "Get-KPageFlags -Pfn 1", "kpageflags" },
        { "Get-KPageFlags -Pfn 1 -Count 10", "kpageflags" },
        { "1, 2 | Get-KPageFlags", "kpageflags" },
        { "Get-KPageCount -Pfn 1", "kpagecount" },
        { "Get-KPageCgroup -Pfn 1", "kpagecgroup" },
        { "Get-KPageMapping -Pfn 1", "kpageflags" },
        { "Measure-KPageFlags", "kpageflags" },
        { "Measure-KPageFlags -ByKind", "kpageflags" },
        { "Measure-KPageFlags -ByNode", "kpageflags" },
        { "Measure-KPageCgroup", "kpageflags" },
        { "Measure-KPageFlags -Id 7", "kpageflags" },
        { "Measure-ProcessUss -Id 7 -Method MapCount", "kpagecount" },
        { "Get-ProcessPageMap -Id 7 -Include Flags", "kpageflags" },
        { "Get-ProcessPageMap -Id 7 -Include MapCount", "kpagecount" },
        { "Get-ProcessPageMap -Id 7 -Include Cgroup", "kpagecgroup" },
        { "Get-ProcessPageMap -Id 7 -NotFlag HUGE", "kpageflags" },
        { "Get-ProcessPageMap -Id 7 -ProcPath $tree -AllowSavedTree | Get-KPageCount", "kpagecount" },
    };

    [Theory]
    [MemberData(nameof(Readers))]
    public void MissingKpageFileEndsCommand(string command, string file)
    {
        Outcome outcome = _session.Run($"{command} -ProcPath $tree -AllowSavedTree");

        AssertTerminated(outcome, "KPageNotAvailable", ErrorCategory.NotInstalled, _tree.GetPath(file));
        Assert.Contains("CONFIG_PROC_PAGE_MONITOR", outcome.Termination!.Exception.Message);
        Assert.Equal(file == "kpagecgroup", outcome.Termination.Exception.Message.Contains("CONFIG_MEMCG", StringComparison.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Readers))]
    public void UnreadableKpageFileEndsCommand(string command, string file)
    {
        Directory.CreateDirectory(_tree.GetPath(file));

        Outcome outcome = _session.Run($"{command} -ProcPath $tree -AllowSavedTree");

        AssertTerminated(outcome, "PagemapReadFailed", ErrorCategory.ReadError, _tree.GetPath(file));
    }

    [Theory]
    [InlineData("Get-KPageFlags -Path $missing")]
    [InlineData("Measure-KPageFlags -Path $missing")]
    public void MissingSavedCopyErrorDoesNotBlameKernel(string command)
    {
        _session["missing"] = _tree.GetPath("saved");

        Outcome outcome = _session.Run(command);

        Assert.NotNull(outcome.Termination);
        Assert.Equal(_tree.GetPath("saved"), outcome.Termination.TargetObject);
        Assert.DoesNotContain("CONFIG_", outcome.Termination.Exception.Message);
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id 7")]
    [InlineData("Get-KPageFlags")]
    [InlineData("Get-KPageCount")]
    [InlineData("Get-KPageCgroup")]
    [InlineData("Measure-KPageFlags")]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Clear-SoftDirty -Id 7")]
    [InlineData("Test-PagemapSupport")]
    public void MissingProcPathEndsCommand(string command)
    {
        _session["missing"] = _tree.GetPath("missing");

        Outcome outcome = _session.Run($"{command} -ProcPath $missing");

        AssertTerminated(outcome, "ProcPathNotFound", ErrorCategory.ObjectNotFound, _tree.GetPath("missing"));
    }

    [Fact]
    public void MissingCgroupEndsCommand()
    {
        _tree.WriteEntries("kpageflags", 0, 0).WriteEntries("kpagecgroup", 0, 0);

        foreach (string cmdlet in (string[])["Get-KPageFlags", "Get-KPageCgroup"])
        {
            Outcome outcome = _session.Run($"{cmdlet} -Cgroup no/such/cgroup -ProcPath $tree -AllowSavedTree");
            AssertTerminated(outcome, "CgroupNotFound", ErrorCategory.ObjectNotFound, "no/such/cgroup");
        }
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }

    private static void AssertTerminated(Outcome outcome, string id, ErrorCategory category, string target)
    {
        Assert.NotNull(outcome.Termination);
        Assert.Equal(id, outcome.Termination.GetErrorId());
        Assert.Equal(category, outcome.Termination.CategoryInfo.Category);
        Assert.Equal(target, outcome.Termination.TargetObject);
        Assert.Empty(outcome.Output);
        Assert.Empty(outcome.Errors);
    }
}
