using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Trees that are no proc file system: they need a switch, and one bad process does not end a command.</summary>
[Trait("Tier", "Privileged")]
public sealed class SavedTreeTests : IDisposable
{
    private readonly FakeProc _tree = new();
    private readonly Session _session = new();

    public SavedTreeTests()
    {
        _session["tree"] = _tree.Path;
        _tree.AddProcess(7, 0x10000, PagemapBits.PresentAt(1)).WriteText("7/comm", "good\n");
        _tree.AddProcess(9, 0x10000, PagemapBits.PresentAt(1)).WriteText("9/comm", "good\n");
    }

    [Theory]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -Id 7")]
    [InlineData("Get-ProcessPageMap -Id 7")]
    [InlineData("Get-KPageFlags")]
    [InlineData("Test-PagemapSupport")]
    public void ATreeThatIsNoProcFileSystemNeedsTheSwitch(string command)
    {
        Outcome outcome = _session.Run($"{command} -ProcPath $tree");
        Assert.Equal(("ProcPathNotProc", ErrorCategory.InvalidArgument, _tree.Path), (outcome.Termination!.GetErrorId(), outcome.Termination!.CategoryInfo.Category, outcome.Termination!.TargetObject));
        Assert.Contains("-AllowSavedTree", outcome.Termination!.Exception.Message);
        Assert.Empty(outcome.Output);
    }

    [Theory]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -ByMapping")]
    [InlineData("Measure-ProcessUss -Name good")]
    [InlineData("Get-ProcessPageMap -Name good")]
    public void EachBadProcessIsAnErrorAndTheOthersAreRead(string command)
    {
        _tree.AddProcess(8, 0x10000, PagemapBits.PresentAt(1)).WriteText("8/comm", "good\n").WriteText("8/maps", "nonsense\n");
        _tree.AddProcess(10, 0x10000, PagemapBits.PresentAt(1)).WriteText("10/comm", "x\n");
        File.Delete(_tree.GetPath("10/comm"));
        using Process mkfifo = Process.Start("mkfifo", [_tree.GetPath("10/comm")]);
        mkfifo.WaitForExit();

        Outcome outcome = _session.Run($"{command} -ProcPath $tree -AllowSavedTree");

        Assert.Null(outcome.Termination);
        Assert.Equal(["PagemapReadFailed 10", "PagemapReadFailed 8"], outcome.Errors.Select(error => $"{error.GetErrorId()} {error.TargetObject}").Order(StringComparer.Ordinal));
        Assert.Equal([7, 9], outcome.Output.GetColumn<int>("ProcessId").Distinct());
    }

    [Fact]
    public void AProcessWithoutPagemapIsNotAvailable()
    {
        File.Delete(_tree.GetPath("7/pagemap"));
        File.Delete(_tree.GetPath("9/pagemap"));

        Outcome one = _session.Run("Measure-ProcessUss -Id 7 -ProcPath $tree -AllowSavedTree");
        Assert.Null(one.Termination);
        ErrorRecord error = Assert.Single(one.Errors);
        Assert.Equal(("PagemapNotAvailable", ErrorCategory.NotInstalled, _tree.GetPath("7/pagemap")), (error.GetErrorId(), error.CategoryInfo.Category, error.TargetObject));

        Assert.Equal("PagemapNotAvailable", _session.Run("Measure-ProcessUss -ProcPath $tree -AllowSavedTree").Termination!.GetErrorId());
        Assert.False(Assert.Single(_session.GetObjects("Test-PagemapSupport -ProcPath $tree -AllowSavedTree | Where-Object Feature -eq Pagemap")).Get<bool>("IsSupported"));
    }

    public void Dispose()
    {
        _session.Dispose();
        _tree.Dispose();
    }
}
