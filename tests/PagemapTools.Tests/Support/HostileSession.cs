using System.Globalization;
using System.Text;

namespace PagemapTools.Tests.Support;

/// <summary>
/// One session of PowerShell on a terminal, in which all commands of <see cref="HostileTextTests"/> run one after the other, with a process
/// that chose its names against the reader and a saved tree of such processes.
/// </summary>
public sealed class HostileSession
{
    private const string Prologue = """
        $PSStyle.OutputRendering = 'Ansi'
        $ProgressPreference = 'SilentlyContinue'
        $hostile = "x`e]0;X`a`r`nFAKE-ROW 4 5 6`u{9b}`u{202e}"

        # No wildcard: a pattern that matches no process is no error.
        $name = $hostile.Replace(']', '')
        """;

    private readonly Lazy<Dictionary<string, string>> _outputs = new(Run);

    /// <summary>Gets what the terminal got of one command.</summary>
    public string this[string command] => _outputs.Value[command];

    private static Dictionary<string, string> Run()
    {
        string name = HostileTextTests.ProcessName;
        using TargetProcess target = TargetProcess.Start("hostile-names");
        using FakeProc tree = new();
        tree.AddProcess(7, "MALFORMED \u001b]0;X\a\r\u009b2J \u202e line").WritePagemap(7, 0x10000, 0);
        tree.AddProcess(8, 0x10000, PagemapBits.Swapped(0, 8)).WriteText("8/comm", name + "\n");
        tree.WriteEntries("kpageflags", 0, 0).WriteEntries("kpagecount", 0, 0).WriteEntries("kpagecgroup", 0, 0);
        tree.WriteText("swaps", $"Filename Type Size Used Priority\n/swap{name.Replace("\n", @"\012", StringComparison.Ordinal).Replace(" ", @"\040", StringComparison.Ordinal)} file 100 0 -2\n");

        // Process 9 takes a second or two, long enough for progress.
        const ulong Size = 1UL << 40;
        tree.AddProcess(9, $"10000000-{0x10000000 + Size:x} rw-p 00000000 00:00 0 ").WritePagemap(9, 0x10000000 + Size - KernelFile.PageSize, 0).WriteText("9/comm", name + "\n");

        StringBuilder script = new StringBuilder(Prologue)
            .Append(CultureInfo.InvariantCulture, $"\n$id = {target.ProcessId}; $tree = '{tree.Path}'; $saved = @{{ ProcPath = $tree; AllowSavedTree = $true }}\n")
            .Append(CultureInfo.InvariantCulture, $"$addresses = '{string.Join("', '", target.Regions.Select(region => region.RangeText))}'\n")
            .Append("$pages = @(Get-ProcessPageMap -Id $id -Address $addresses | Where-Object Pfn); $directory = [IO.Path]::GetDirectoryName($pages[0].Mapping.Path)\n");
        string[] commands = [.. HostileTextTests.Commands.Select(row => row.Data.Item1)];
        for (int i = 0; i < commands.Length; i++)
        {
            script.Append(CultureInfo.InvariantCulture, $"[Console]::Write(\"`n<<{i}>>`n\"); try {{ & {{ {commands[i]} }} | Out-Default }} catch {{ $_ | Out-Default }}\n");
        }

        string path = tree.GetPath("session.ps1");
        File.WriteAllText(path, script.ToString());
        string answers = string.Concat(commands.Where(command => command.Contains("-Confirm", StringComparison.Ordinal)).Select(_ => "n\n"));
        string output = Terminal.RunScript(path, answers);
        string[] parts = output.Split("\n<<", StringSplitOptions.None);
        Assert.True(parts.Length == commands.Length + 1, output);
        return commands.Zip(parts[1..]).ToDictionary(each => each.First, each => each.Second, StringComparer.Ordinal);
    }
}
