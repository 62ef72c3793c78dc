using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Trees that are no proc file system: they need a switch, and one bad process does not end a command.</summary>
[Trait("Tier", "Privileged")]
public sealed class SavedTreeTests : IDisposable
{
    private const ulong Anonymous = 1UL << 12;
    private const ulong CompoundHead = (1UL << 15) | (1UL << 22);
    private const ulong CompoundTail = (1UL << 16) | (1UL << 22);

    private const string GetReportedIds =
        "function Get-ReportedIds { ([regex]::Match((Get-Content -Raw $file), '(?s)id=\"report\">(.*?)</script>').Groups[1].Value | ConvertFrom-Json).processes.id }\n";

    private readonly FakeProc _tree = new();
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-saved-");
    private readonly Session _session = new();

    public SavedTreeTests()
    {
        _session["tree"] = _tree.Path;
        _session["file"] = Path.Join(_directory.FullName, "file.prom");
        _session["directory"] = Path.Join(_directory.FullName, "snapshots");

        // Page frames 2 and 3 are a folio.
        _tree.WriteEntries("kpageflags", 2, Anonymous | CompoundHead, Anonymous | CompoundTail).WriteEntries("kpagecount", 2, 2, 2).WriteEntries("kpagecgroup", 2, 1, 1);
        AddProcess(7);
        AddProcess(9);
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

    /// <summary>The cmdlets that read several processes. Each script returns the ids of the processes in the output.</summary>
    [Theory]
    [InlineData("Measure-ProcessUss | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -Name good | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -Method Exclusive | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -Method MapCount | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -ByMapping | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -ByNode | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessUss -Together | ForEach-Object ProcessIds")]
    [InlineData("Measure-ProcessUss -GroupBy Name | ForEach-Object ProcessIds")]
    [InlineData("Measure-ProcessUss -GroupBy Cgroup | ForEach-Object ProcessIds")]
    [InlineData("Measure-ProcessUss -GroupBy User | ForEach-Object ProcessIds")]
    [InlineData("Measure-ProcessUss -MaxSamples 2 -SampleInterval 0.01 | ForEach-Object ProcessId")]
    [InlineData("Measure-ProcessSharing | ForEach-Object { $_.ProcessId; $_.OtherProcessId }")]
    [InlineData("Measure-ProcessHugePage | ForEach-Object ProcessId")]
    [InlineData("Measure-KPageFlags -Name good | Measure-Object PageCount -Sum | Where-Object Sum -eq 4 | ForEach-Object { 7, 9 }")]
    [InlineData("Get-ProcessPageMap -Name good | ForEach-Object ProcessId")]
    [InlineData("Show-ProcessPageMap -Name good | ForEach-Object { if (\"$_\" -match '\\((\\d+)\\)') { $Matches[1] } }")]
    [InlineData("Get-KPageMapping 2 | ForEach-Object ProcessId")]
    [InlineData("Export-PageReport $file; Get-ReportedIds")]
    [InlineData("Export-PageSnapshot $directory; Export-PageReport $file -Snapshot $directory; Get-ReportedIds")]
    [InlineData("Export-PagemapMetric $file -GroupBy Name; if ((Get-Content $file) -eq 'pagemap_name_processes{name=\"good\"} 2') { 7, 9 }")]
    public void EachBadProcessIsAnErrorAndTheOthersAreRead(string script)
    {
        AddBadProcesses();

        Outcome outcome = RunOnTree(script);

        Assert.Null(outcome.Termination);
        Assert.Equal(
            [$"PagemapNotAvailable {_tree.GetPath("11/pagemap")}", "PagemapReadFailed 10", "PagemapReadFailed 12", "PagemapReadFailed 8"],
            outcome.Errors.Select(error => $"{error.GetErrorId()} {error.TargetObject}").Distinct().Order(StringComparer.Ordinal));
        Assert.Equal(["7", "9"], outcome.Output.Select(id => $"{id}").Distinct().Order(StringComparer.Ordinal));
    }

    /// <summary>These cmdlets read only maps and stat of a process in a saved tree.</summary>
    [Theory]
    [InlineData("Get-SharedMemory")]
    [InlineData("Measure-FileCache -OpenFiles")]
    public void AProcessWithBadMappingsOrStatIsAnError(string script)
    {
        AddBadProcesses();

        Outcome outcome = RunOnTree(script);

        Assert.Null(outcome.Termination);
        Assert.Equal(["PagemapReadFailed 8", "PagemapReadFailed 12"], outcome.Errors.Select(error => $"{error.GetErrorId()} {error.TargetObject}"));
    }

    [Fact]
    public void AnErrorNeedsNoFileOfTheTree()
    {
        MakeFifo("sys/kernel/osrelease");

        Outcome outcome = RunOnTree("Measure-ProcessUss -Id 8 -Method Rollup; Test-PagemapSupport | Where-Object { $null -eq $_.IsSupported -and $_.Detail -like '*osrelease*' } | ForEach-Object Feature");

        Assert.Null(outcome.Termination);
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
        Assert.Contains("ExclusiveBit", outcome.Output.Select(feature => $"{feature}"));
    }

    [Theory]
    [InlineData("status", "VmRSS:\t99999999999999999999 kB")]
    [InlineData("stat", "8 (good) S 99999999999999999999999")]
    [InlineData("mountinfo", "1 1 4294967296:1 / / rw - tmpfs x rw")]
    public void ATextThatNoKernelWritesIsAnErrorOfItsProcess(string file, string line)
    {
        _tree.AddProcess(8, "10000-11000 rw-s 00000000 00:2a 5 /x").WritePagemap(8, 0x10000, PagemapBits.PresentAt(1)).WriteText($"8/{file}", line + "\n");

        Outcome outcome = _session.Run("Measure-ProcessUss -ProcPath $tree -AllowSavedTree");

        Assert.Null(outcome.Termination);
        ErrorRecord error = Assert.Single(outcome.Errors);
        Assert.Equal(("PagemapReadFailed", 8), (error.GetErrorId(), error.TargetObject));
        Assert.Contains(line.Split('\t')[^1], error.Exception.Message);
        Assert.Equal([7, 9], outcome.Output.GetColumn<int>("ProcessId"));
    }

    [Fact]
    public void ALinkToAProcessIsNoProcess()
    {
        File.CreateSymbolicLink(_tree.GetPath("8"), "/proc/1");

        Assert.Equal([7, 9], _session.GetObjects("Measure-ProcessUss -ProcPath $tree -AllowSavedTree").GetColumn<int>("ProcessId"));
        Assert.Equal("PagemapReadFailed", Assert.Single(_session.Run("Measure-ProcessUss -Id 8 -ProcPath $tree -AllowSavedTree").Errors).GetErrorId());
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
        _directory.Delete(recursive: true);
    }

    private Outcome RunOnTree(string script)
    {
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*:ProcPath"] = _tree.Path, ["*:AllowSavedTree"] = true };
        return _session.Run(GetReportedIds + script);
    }

    /// <summary>Adds processes whose maps, comm, pagemap or stat is bad.</summary>
    private void AddBadProcesses()
    {
        AddProcess(8).WriteText("8/maps", "nonsense\n");
        AddProcess(10);
        MakeFifo("10/comm");
        AddProcess(11);
        File.Delete(_tree.GetPath("11/pagemap"));
        AddProcess(12).WriteText("12/stat", "12 (good) nonsense\n");
    }

    private FakeProc AddProcess(int id) => _tree.AddProcess(id, 0x10000, PagemapBits.PresentAt(2), PagemapBits.PresentAt(3)).WriteText($"{id}/comm", "good\n");

    private void MakeFifo(string name)
    {
        File.Delete(_tree.WriteText(name, string.Empty).GetPath(name));
        using Process mkfifo = Process.Start("mkfifo", [_tree.GetPath(name)]);
        mkfifo.WaitForExit();
    }
}
