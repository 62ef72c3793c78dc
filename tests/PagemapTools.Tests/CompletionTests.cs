using System.Collections.ObjectModel;
using System.IO.MemoryMappedFiles;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Completions that the Tab key offers.</summary>
[Trait("Tier", "Live")]
public sealed class CompletionTests : IDisposable
{
    private readonly Session _session = new();

    [Theory]
    [InlineData("Get-ProcessPageMap -Id ")]
    [InlineData("Measure-ProcessUss -Id 1, ")]
    [InlineData("Measure-KPageFlags -Id ")]
    [InlineData("Clear-SoftDirty -Id ")]
    public void IdCompletionOffersLiveProcessesWithTheirNames(string line)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(target.ProcessId);

        CompletionResult offer = Assert.Single(Complete(line), offer => offer.CompletionText == target.ProcessId.ToString());
        Assert.Contains(process.ProcessName, offer.ToolTip);
    }

    [Fact]
    public void IdCompletionOffersOnlyIdsWithTypedPrefix()
    {
        string own = Environment.ProcessId.ToString();

        Collection<CompletionResult> offers = Complete($"Get-ProcessPageMap -Id {own[..^1]}");

        Assert.Contains(offers, offer => offer.CompletionText == own);
        Assert.All(offers, offer => Assert.StartsWith(own[..^1], offer.CompletionText));
    }

    [Fact]
    public void NameCompletionOffersProcessesOfProcPath()
    {
        using FakeProc tree = new();
        tree.AddProcess(7, 0x10000, PagemapBits.PresentAt(1)).WriteText("7/comm", "postgres\n");
        tree.AddProcess(8, 0x10000, PagemapBits.PresentAt(1)).WriteText("8/comm", "web server\n");

        Assert.Equal(["postgres", "'web server'"], GetCompletionTexts($"Get-ProcessPageMap -ProcPath {tree.Path} -AllowSavedTree -Name "));
        Assert.Equal(["postgres"], GetCompletionTexts($"Get-ProcessPageMap -ProcPath {tree.Path} -AllowSavedTree post"));
        Assert.Equal(["postgres"], GetCompletionTexts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Name po"));
        Assert.Equal(["7", "8"], GetCompletionTexts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Id "));
    }

    [Fact]
    public void MappingCompletionOffersMappingsOfProcess()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("memfd");
        string line = $"Get-ProcessPageMap -Id {target.ProcessId} -Mapping ";

        string[] all = GetCompletionTexts(line);
        Assert.Contains("'[heap]'", all);
        Assert.Contains("/memfd:test", all);
        Assert.Contains(all, text => text.Contains("libcoreclr.so", StringComparison.Ordinal));
        Assert.Equal(all.Distinct(), all);
        Assert.Equal(["'[heap]'"], GetCompletionTexts(line + "'[he"));
        Assert.Equal(["'[heap]'"], GetCompletionTexts($"Measure-ProcessUss -Id {target.ProcessId} -ByMapping -Mapping heap"));
    }

    [Theory]
    [InlineData("den[se] file`x.bin")]
    [InlineData("star*what?.bin")]
    [InlineData("it's, ‘quoted’ `[.bin")]
    [InlineData("plain.bin")]
    [InlineData("osc\u001b]0;X\a\n$HOME \"q\" “q” `t\u202e.bin")]
    [InlineData("c1\u009b[2J\u200b\U000e0041.bin")]
    public void CompletedMappingTextSelectsThatMapping(string name)
    {
        string path = Path.Join(Directory.CreateTempSubdirectory("tab").FullName, name);
        File.WriteAllBytes(path, new byte[4096]);
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(path);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        _ = view.ReadByte(0);
        string line = $"Get-ProcessPageMap -Id {Environment.ProcessId} -Mapping ";

        string text = Assert.Single(Complete(line + $"'{name[..3]}"), offer => offer.ListItemText == Escape(path)).CompletionText;
        Assert.Equal([path], _session.GetObjects($"({line}{text}).Mapping.Path"));
        Assert.Equal([text], GetCompletionTexts(line + text.TrimEnd('\'', '"')));

        File.Delete(path);
        Directory.Delete(Path.GetDirectoryName(path)!);
    }

    [Theory]
    [InlineData("a[b]c`*", "abc")]
    [InlineData("what?", "whats")]
    [InlineData("-dash", "dash")]
    [InlineData("plain", "")]
    [InlineData("e\u001b]*\n$x", "e")]
    public void CompletedNameTextSelectsThatProcess(string name, string other)
    {
        using FakeProc tree = new();
        tree.AddProcess(7, 0x10000, PagemapBits.PresentAt(1)).WriteText("7/comm", name + "\n");
        tree.AddProcess(8, 0x10000, PagemapBits.PresentAt(1)).WriteText("8/comm", other + "\n");
        string line = $"Get-ProcessPageMap -ProcPath {tree.Path} -AllowSavedTree -Name ";

        string text = Assert.Single(Complete(line), offer => offer.ListItemText == Escape(name)).CompletionText;
        Assert.Equal([7], _session.GetObjects($"({line}{text}).ProcessId"));
    }

    [Fact]
    public void MappingCompletionWithoutProcessOffersCommonMappings()
    {
        Assert.Contains("'[heap]'", GetCompletionTexts("Get-ProcessPageMap -Mapping "));
        Assert.Contains("'[stack]'", GetCompletionTexts($"Get-ProcessPageMap -Id {Machine.MissingProcess} -Mapping "));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id 1 -Flag ZERO", new[] { "ZERO_PAGE" })]
    [InlineData("Get-KPageFlags -AnyFlag HWP", new[] { "HWPOISON" })]
    [InlineData("Get-KPageFlags -NotFlag LRU, SLU", new[] { "SLUB_DEBUG", "SLUB_FROZEN" })]
    [InlineData("Measure-KPageFlags -Flag PGT", new[] { "PGTABLE" })]
    [InlineData("Get-ProcessPageMap -Id 1 -State Sw", new[] { "Swapped", "SwappedShared" })]
    [InlineData("Get-ProcessPageMap -Id 1 -Include Map", new[] { "MapCount" })]
    [InlineData("Measure-ProcessUss -Method ", new[] { "Auto", "Exclusive", "MapCount", "Rollup" })]
    public void CompletionOffersFlagStateAndMethodNames(string line, string[] expected)
    {
        Assert.Equal(expected, GetCompletionTexts(line).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Get-KPageFlags -BitSpec hwp", "HWPOISON")]
    [InlineData("Get-KPageFlags -BitSpec anon,~hwp", "'~HWPOISON'")]
    [InlineData("Get-KPageFlags -BitSpec 'anon,lru=hwp", "'anon,lru=HWPOISON'")]
    [InlineData("Measure-KPageFlags -BitSpec =hwp", "'=HWPOISON'")]
    public void CompletionCompletesBitSpecAfterEachSeparator(string line, string expected)
    {
        CompletionResult offer = Assert.Single(Complete(line));

        Assert.Equal(expected, offer.CompletionText);
        Assert.Contains("hardware", offer.ToolTip);
    }

    [Fact]
    public void AddressCompletionOffersMappingsOfProcess()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        string[] expected = [.. File.ReadLines($"/proc/{target.ProcessId}/maps").Select(line => "0x" + line.Split(' ')[0].Replace("-", "-0x", StringComparison.Ordinal))];

        Assert.Equal(expected, GetCompletionTexts($"Get-ProcessPageMap -Id {target.ProcessId} -Address "));
        Assert.Empty(GetCompletionTexts("Get-ProcessPageMap -Address "));
    }

    [Fact]
    public void CompletionOmitsKernelThreads()
    {
        using FakeProc tree = new();
        tree.AddProcess(7, 0x10000, PagemapBits.PresentAt(1)).WriteText("7/comm", "postgres\n");
        tree.WriteText("2/comm", "kthreadd\n").WriteStatus(2, 'S', 2129984, "kthreadd");

        Assert.Equal(["7"], GetCompletionTexts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Id "));
        Assert.Equal(["postgres"], GetCompletionTexts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Name "));
    }

    [Theory]
    [InlineData("Get-KPageFlags -Cgroup ")]
    [InlineData("Get-KPageCgroup -Cgroup ")]
    public void CgroupCompletionOffersMemoryHierarchyDirectories(string line)
    {
        string[] mounts = [.. File.ReadLines("/proc/self/mountinfo").Where(mount => mount.Contains(" - cgroup", StringComparison.Ordinal)).Select(mount => mount.Split(' ')[4])];
        Require.That(!(mounts.Length == 0), "Cgroups", "No cgroup hierarchy is mounted here.");

        string[] offers = GetCompletionTexts(line);
        Assert.NotEmpty(offers);
        Assert.All(offers, offer => Assert.True(Directory.Exists(offer.Trim('\'')), offer));
    }

    [Fact]
    public void CompletionOffersParameters()
    {
        Assert.Contains("-IncludeUnpopulated", GetCompletionTexts("Get-ProcessPageMap -Id 1 -Inc"));
        Assert.Contains("Get-ProcessPageMap", GetCompletionTexts("Get-ProcessP"));
    }

    public void Dispose() => _session.Dispose();

    private string Escape(string text)
    {
        _session["text"] = text;
        return _session.GetObjects("[PagemapTools.Procfs.Core.VisibleText]::Escape($text)")[0].ToString();
    }

    private string[] GetCompletionTexts(string line) => [.. Complete(line).Select(offer => offer.CompletionText)];

    private Collection<CompletionResult> Complete(string line)
    {
        using PowerShell shell = PowerShell.Create();
        shell.Runspace = _session.Runspace;
        return CommandCompletion.CompleteInput(line, line.Length, options: null, shell).CompletionMatches;
    }
}
