using System.Diagnostics;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using PagemapTools.Tests.Browser;

namespace PagemapTools.Tests;

/// <summary>
/// Runs the cmdlets that read several processes in a shell that can open only a few files more. Each process is in the output, or an error
/// names it; or one error ends the command.
/// </summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Privileged")]
public sealed class FewDescriptorsTests : IDisposable
{
    private const int Targets = 6;

    // Runs each line as a command, and returns the ids of the processes in its output, its errors, and the error that ended it.
    private const string Runner = """
        $ErrorActionPreference = 'SilentlyContinue'
        $WarningPreference = 'SilentlyContinue'
        [Console]::Out.WriteLine('ready')
        while ($line = [Console]::In.ReadLine()) {
            $Error.Clear()
            $rows = @(); $ended = ''
            try { $rows = @(& ([scriptblock]::Create($line))) } catch { $ended = "$($_.FullyQualifiedErrorId): $($_.Exception.Message)" }
            $errors = @($Error | ForEach-Object { "$($_.FullyQualifiedErrorId) $($_.TargetObject) $($_.Exception.Message)" })
            [Console]::Out.WriteLine((ConvertTo-Json -Compress -Depth 3 @{ rows = @($rows | Where-Object { $_ } | ForEach-Object { [int]$_ }); errors = $errors; ended = $ended }))
        }
        """;

    // Each returns the ids of the processes in its output.
    private static readonly string[] s_commands =
    [
        "Measure-ProcessUss | ForEach-Object ProcessId",
        "Measure-ProcessUss -MaxSamples 2 -SampleInterval 0.01 | ForEach-Object ProcessId",
        "Measure-ProcessUss -Method Rollup | ForEach-Object ProcessId",
        "Measure-ProcessUss -Method Exclusive | ForEach-Object ProcessId",
        "Measure-ProcessUss -Method MapCount | ForEach-Object ProcessId",
        "Measure-ProcessUss -ByMapping -Id $ids | ForEach-Object ProcessId",
        "Measure-ProcessUss -ByNode -Id $ids | ForEach-Object ProcessId",
        "Measure-ProcessUss -Together -Id $ids | ForEach-Object ProcessIds",
        "Measure-ProcessUss -GroupBy Name | ForEach-Object ProcessIds",
        "Measure-ProcessUss -GroupBy Cgroup -Id $ids | ForEach-Object ProcessIds",
        "Measure-ProcessUss -GroupBy User -Id $ids | ForEach-Object ProcessIds",
        "Measure-ProcessUss -Name $name | ForEach-Object ProcessId",
        "Measure-ProcessSharing -Id $ids | ForEach-Object { $_.ProcessId; $_.OtherProcessId }",
        "Measure-ProcessHugePage | ForEach-Object ProcessId",
        "foreach ($id in $ids) { if (Measure-KPageFlags -Id $id) { $id } }",
        "Get-ProcessPageMap -Id $ids -Mapping '[stack]' | ForEach-Object ProcessId",
        "Get-ProcessPageMap -Id $ids -AsRange -Include Flags, MapCount, Cgroup -ResolveShared | ForEach-Object ProcessId",
        "Show-ProcessPageMap -Id $ids | ForEach-Object { if (\"$_\" -match '\\((\\d+)\\)') { $Matches[1] } }",
        "Get-KPageMapping $pfns | ForEach-Object ProcessId",
        "Get-SharedMemory | ForEach-Object { $_.MappedBy; $_.HeldBy }",
        "Measure-FileCache -OpenFiles | ForEach-Object { $_.MappedBy; $_.HeldBy }",
        "Export-PageReport $report -Id $ids",
        "Export-PageSnapshot $snapshots -Id $ids -Include Pages, Mappings, Processes",
    ];

    private static readonly int[] s_free = [0, 1, 2, 3, 5, 8, 12];

    // The runtime starts fewer threads of its own.
    private static readonly Dictionary<string, string> s_environment = new(StringComparer.Ordinal) { ["DOTNET_TieredCompilation"] = "0", ["DOTNET_gcConcurrent"] = "0" };

    private readonly string _directory = Directory.CreateTempSubdirectory("pagemaptools-few-").FullName;
    private readonly List<TargetProcess> _targets = [];
    private readonly HashSet<string> _loaded = new(StringComparer.Ordinal);
    private Process? _shell;
    private int _deadShells;

    private string Report => Path.Join(_directory, "report.html");

    private string Snapshots => Path.Join(_directory, "snapshots");

    private int[] Ids => [.. _targets.Select(target => target.ProcessId)];

    public void Dispose()
    {
        StopShell();
        _targets.ForEach(target => target.Dispose());
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void EachProcessIsInTheOutputOrAnErrorNamesIt()
    {
        Require.PageFrames();
        _targets.AddRange(Enumerable.Range(0, Targets).Select(_ => TargetProcess.Start("shared-zapped")));
        foreach (string command in s_commands)
        {
            int errors = s_free.Sum(free => RunWithFew(command, free));
            Assert.True(errors > 0, $"'{command}' needs no descriptor.");
        }

        Assert.True(_deadShells < s_commands.Length, $"{_deadShells} shells ended.");
    }

    /// <summary>Returns the number of errors.</summary>
    private int RunWithFew(string command, int free)
    {
        // The first run of a shell loads the assemblies that the command needs.
        Process shell = _shell ?? StartShell();
        if (_loaded.Add(command))
        {
            RunWithMany(command);
        }

        JsonNode? outcome;
        using (DescriptorLimit.LeaveFree(shell.Id, free))
        {
            outcome = Run(command);
        }

        // The runtime ends the program if it cannot start a thread of its own.
        if (outcome is null)
        {
            Assert.True(shell.WaitForExit(TimeSpan.FromSeconds(30)), command);
            Assert.StartsWith("Out of memory", shell.StandardError.ReadToEnd().Trim(), StringComparison.Ordinal);
            _deadShells++;
            StopShell();
            return 0;
        }

        string ended = (string)outcome["ended"]!;
        if (ended.Length > 0)
        {
            Assert.Matches("^(PagemapReadFailed|FileNotWritten),.*(Too many open files|no thread can be started)", ended);
            return 1;
        }

        string[] errors = [.. outcome["errors"]!.AsArray().Select(error => (string)error!)];
        HashSet<int> output = GetOutput(command, outcome);
        int[] missing = [.. Ids.Where(id => !output.Contains(id) && !errors.Any(error => Regex.IsMatch(error, $@"\b{id}\b", RegexOptions.None, TimeSpan.FromSeconds(1))))];

        // A pair needs two processes.
        Assert.True(missing.Length == (IsOfPairs(command) ? Math.Min(missing.Length, 1) : 0), $"With {free} free descriptors '{command}' says nothing of {string.Join(", ", missing)}: {outcome}");
        return errors.Length;
    }

    private void RunWithMany(string command)
    {
        JsonNode? outcome = Run(command);
        Assert.True(outcome is not null, $"'{command}' ended the shell.");
        HashSet<int> output = GetOutput(command, outcome!);
        Assert.True(Ids.All(output.Contains), $"{command}: {outcome}");
    }

    private static bool IsOfPairs(string command) => command.StartsWith("Measure-ProcessSharing", StringComparison.Ordinal);

    /// <summary>Gets the ids of the processes in the output, or in the file that a command wrote.</summary>
    private HashSet<int> GetOutput(string command, JsonNode outcome)
    {
        if (command.StartsWith("Export-PageSnapshot", StringComparison.Ordinal))
        {
            Assert.Equal("", (string)Run("Export-PageReport $report -Snapshot $snapshots")!["ended"]!);
        }

        HashSet<int> output = [.. outcome["rows"]!.AsArray().Select(id => (int)id!)];
        if (File.Exists(Report))
        {
            output.UnionWith(ReportFixture.ReadData(Report)["processes"]!.AsArray().Select(process => (int)process!["id"]!));
            File.Delete(Report);
        }

        return output;
    }

    private Process StartShell()
    {
        string variables = $"$ids = {string.Join(',', Ids)}; $name = '{_targets[0].Process.ProcessName}'; $report = '{Report}'; $snapshots = '{Snapshots}'\n"
            + "$pfns = $ids | ForEach-Object { (Get-ProcessPageMap -Id $_ -Mapping '[stack]' -Exclusive | Select-Object -First 3).Pfn }\n";
        _loaded.Clear();
        _shell = HostProgram.Start(["-NoProfile", "-Command", variables + Runner], s_environment);
        Assert.Equal("ready", _shell.StandardOutput.ReadLine());
        return _shell;
    }

    private void StopShell()
    {
        _shell?.Kill();
        _shell?.Dispose();
        _shell = null;
    }

    /// <summary>Runs a command; null if the shell ended.</summary>
    private JsonNode? Run(string command)
    {
        _shell!.StandardInput.WriteLine(command);
        Task<string?> line = _shell.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.True(line.Wait(TimeSpan.FromSeconds(60), TestContext.Current.CancellationToken), $"'{command}' does not end.");
        return line.Result?.StartsWith('{') == true ? JsonNode.Parse(line.Result) : null;
    }
}
