using System.Collections.ObjectModel;
using System.IO.MemoryMappedFiles;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>What the Tab key offers.</summary>
[Trait("Tier", "Live")]
public sealed class CompletionTests : IDisposable
{
    private readonly Session _session = new();

    [Theory]
    [InlineData("Get-ProcessPageMap -Id ")]
    [InlineData("Measure-ProcessUss -Id 1, ")]
    [InlineData("Measure-KPageFlags -Id ")]
    [InlineData("Clear-SoftDirty -Id ")]
    public void Ids_are_those_of_live_processes_with_their_names(string line)
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon");
        using System.Diagnostics.Process process = System.Diagnostics.Process.GetProcessById(target.ProcessId);

        CompletionResult offer = Assert.Single(Complete(line), offer => offer.CompletionText == target.ProcessId.ToString());
        Assert.Contains(process.ProcessName, offer.ToolTip);
    }

    [Fact]
    public void Ids_begin_with_what_was_typed()
    {
        string own = Environment.ProcessId.ToString();

        Collection<CompletionResult> offers = Complete($"Get-ProcessPageMap -Id {own[..^1]}");

        Assert.Contains(offers, offer => offer.CompletionText == own);
        Assert.All(offers, offer => Assert.StartsWith(own[..^1], offer.CompletionText));
    }

    [Fact]
    public void Names_are_those_of_the_tree_that_is_on_the_line()
    {
        using FakeProc tree = new();
        tree.Process(7, 0x10000, PagemapBits.PresentAt(1)).Text("7/comm", "postgres\n");
        tree.Process(8, 0x10000, PagemapBits.PresentAt(1)).Text("8/comm", "web server\n");

        Assert.Equal(["postgres", "'web server'"], Texts($"Get-ProcessPageMap -ProcPath {tree.Path} -AllowSavedTree -Name "));
        Assert.Equal(["postgres"], Texts($"Get-ProcessPageMap -ProcPath {tree.Path} -AllowSavedTree post"));
        Assert.Equal(["postgres"], Texts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Name po"));
        Assert.Equal(["7", "8"], Texts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Id "));
    }

    [Fact]
    public void Mappings_are_those_of_the_process_that_is_on_the_line()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("memfd");
        string line = $"Get-ProcessPageMap -Id {target.ProcessId} -Mapping ";

        string[] all = Texts(line);
        Assert.Contains("'[heap]'", all);
        Assert.Contains("/memfd:test", all);
        Assert.Contains(all, text => text.Contains("libcoreclr.so", StringComparison.Ordinal));
        Assert.Equal(all.Distinct(), all);
        Assert.Equal(["'[heap]'"], Texts(line + "'[he"));
        Assert.Equal(["'[heap]'"], Texts($"Measure-ProcessUss -Id {target.ProcessId} -ByMapping -Mapping heap"));
    }

    [Theory]
    [InlineData("den[se] file`x.bin")]
    [InlineData("star*what?.bin")]
    [InlineData("it's, ‘quoted’ `[.bin")]
    [InlineData("plain.bin")]
    public void A_mapping_is_found_by_what_was_completed_whatever_its_name(string name)
    {
        string path = Path.Join(Directory.CreateTempSubdirectory("tab").FullName, name);
        File.WriteAllBytes(path, new byte[4096]);
        using MemoryMappedFile file = MemoryMappedFile.CreateFromFile(path);
        using MemoryMappedViewAccessor view = file.CreateViewAccessor();
        _ = view.ReadByte(0);
        string line = $"Get-ProcessPageMap -Id {Environment.ProcessId} -Mapping ";

        string text = Assert.Single(Complete(line + $"'{name[..3]}"), offer => offer.ListItemText == path).CompletionText;
        Assert.Equal([path], _session.Objects($"({line}{text}).Mapping.Path"));
        Assert.Equal([text], Texts(line + text.TrimEnd('\'')));

        File.Delete(path);
        Directory.Delete(Path.GetDirectoryName(path)!);
    }

    [Theory]
    [InlineData("a[b]c`*", "abc")]
    [InlineData("what?", "whats")]
    [InlineData("-dash", "dash")]
    [InlineData("plain", "")]
    public void A_process_is_found_by_what_was_completed_whatever_its_name(string name, string other)
    {
        using FakeProc tree = new();
        tree.Process(7, 0x10000, PagemapBits.PresentAt(1)).Text("7/comm", name + "\n");
        tree.Process(8, 0x10000, PagemapBits.PresentAt(1)).Text("8/comm", other + "\n");
        string line = $"Get-ProcessPageMap -ProcPath {tree.Path} -AllowSavedTree -Name ";

        string text = Assert.Single(Complete(line), offer => offer.ListItemText == name).CompletionText;
        Assert.Equal([7], _session.Objects($"({line}{text}).ProcessId"));
    }

    [Fact]
    public void Without_a_process_mappings_are_those_that_every_process_has()
    {
        Assert.Contains("'[heap]'", Texts("Get-ProcessPageMap -Mapping "));
        Assert.Contains("'[stack]'", Texts($"Get-ProcessPageMap -Id {Machine.MissingProcess} -Mapping "));
    }

    [Theory]
    [InlineData("Get-ProcessPageMap -Id 1 -Flag ZERO", new[] { "ZERO_PAGE" })]
    [InlineData("Get-KPageFlags -AnyFlag HWP", new[] { "HWPOISON" })]
    [InlineData("Get-KPageFlags -NotFlag LRU, SLU", new[] { "SLUB_DEBUG", "SLUB_FROZEN" })]
    [InlineData("Measure-KPageFlags -Flag PGT", new[] { "PGTABLE" })]
    [InlineData("Get-ProcessPageMap -Id 1 -State Sw", new[] { "Swapped", "SwappedShared" })]
    [InlineData("Get-ProcessPageMap -Id 1 -Include Map", new[] { "MapCount" })]
    [InlineData("Measure-ProcessUss -Method ", new[] { "Exclusive", "MapCount" })]
    public void Names_of_flags_states_and_methods_are_offered(string line, string[] expected)
    {
        Assert.Equal(expected, Texts(line).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("Get-KPageFlags -BitSpec hwp", "HWPOISON")]
    [InlineData("Get-KPageFlags -BitSpec anon,~hwp", "'~HWPOISON'")]
    [InlineData("Get-KPageFlags -BitSpec 'anon,lru=hwp", "'anon,lru=HWPOISON'")]
    [InlineData("Measure-KPageFlags -BitSpec =hwp", "'=HWPOISON'")]
    public void BitSpecsAreCompletedBehindEachSeparator(string line, string expected)
    {
        CompletionResult offer = Assert.Single(Complete(line));

        Assert.Equal(expected, offer.CompletionText);
        Assert.Contains("hardware", offer.ToolTip);
    }

    [Fact]
    public void AddressesAreTheMappingsOfTheProcessOnTheLine()
    {
        using TargetProcess target = TargetProcess.StartInKnownMemory("anon").Stop();
        string[] expected = [.. File.ReadLines($"/proc/{target.ProcessId}/maps").Select(line => "0x" + line.Split(' ')[0].Replace("-", "-0x", StringComparison.Ordinal))];

        Assert.Equal(expected, Texts($"Get-ProcessPageMap -Id {target.ProcessId} -Address "));
        Assert.Empty(Texts("Get-ProcessPageMap -Address "));
    }

    [Fact]
    public void KernelThreadsAreNotOffered()
    {
        using FakeProc tree = new();
        tree.Process(7, 0x10000, PagemapBits.PresentAt(1)).Text("7/comm", "postgres\n");
        tree.Text("2/comm", "kthreadd\n").Status(2, 'S', 2129984, "kthreadd");

        Assert.Equal(["7"], Texts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Id "));
        Assert.Equal(["postgres"], Texts($"Measure-ProcessUss -ProcPath {tree.Path} -AllowSavedTree -Name "));
    }

    [Theory]
    [InlineData("Get-KPageFlags -Cgroup ")]
    [InlineData("Get-KPageCgroup -Cgroup ")]
    public void Cgroups_are_the_directories_of_the_memory_hierarchy(string line)
    {
        string[] mounts = [.. File.ReadLines("/proc/self/mountinfo").Where(mount => mount.Contains(" - cgroup", StringComparison.Ordinal)).Select(mount => mount.Split(' ')[4])];
        Require.That(!(mounts.Length == 0), "Cgroups", "No cgroup hierarchy is mounted here.");

        string[] offers = Texts(line);
        Assert.NotEmpty(offers);
        Assert.All(offers, offer => Assert.True(Directory.Exists(offer.Trim('\'')), offer));
    }

    [Fact]
    public void Parameters_are_offered()
    {
        Assert.Contains("-IncludeUnpopulated", Texts("Get-ProcessPageMap -Id 1 -Inc"));
        Assert.Contains("Get-ProcessPageMap", Texts("Get-ProcessP"));
    }

    public void Dispose() => _session.Dispose();

    private string[] Texts(string line) => [.. Complete(line).Select(offer => offer.CompletionText)];

    private Collection<CompletionResult> Complete(string line)
    {
        using PowerShell shell = PowerShell.Create();
        shell.Runspace = _session.Runspace;
        return CommandCompletion.CompleteInput(line, line.Length, options: null, shell).CompletionMatches;
    }
}
