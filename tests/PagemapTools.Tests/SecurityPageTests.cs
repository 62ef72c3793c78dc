using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>The table of SECURITY.md has every cmdlet, and says of each whether it writes and whether it shows page frame numbers.</summary>
[Trait("Tier", "Unit")]
public sealed class SecurityPageTests : IDisposable
{
    private readonly Session _session = new();
    private readonly string[][] _rows =
    [
        .. File.ReadLines(Path.Join(HelpTests.FindRoot(), "SECURITY.md"))
            .SkipWhile(line => !line.StartsWith("| Cmdlet |", StringComparison.Ordinal)).Skip(2).TakeWhile(line => line.StartsWith('|'))
            .Select(line => line.Trim('|').Split('|', StringSplitOptions.TrimEntries)),
    ];

    public void Dispose() => _session.Dispose();

    [Fact]
    public void TheTableHasEveryCmdletOnce() =>
        Assert.Equal(GetCmdlets().Select(cmdlet => $"`{cmdlet.Name}`").Order(StringComparer.Ordinal), _rows.Select(row => row[0]));

    [Fact]
    public void EveryCmdletThatWritesAsksBefore() =>
        Assert.Equal(
            GetCmdlets().Where(cmdlet => cmdlet.Parameters.ContainsKey("WhatIf")).Select(cmdlet => $"`{cmdlet.Name}`").Order(StringComparer.Ordinal),
            _rows.Where(row => row[2] != "nothing").Select(row => row[0]));

    /// <summary>FrameNumbersInOutputTests run every cmdlet without page frame numbers.</summary>
    [Fact]
    public void CmdletsWithoutPageFrameNumbersAreTested() =>
        Assert.Empty(_rows.Where(row => row[3] == "none").Select(row => row[0].Trim('`')).Except(FrameNumbersInOutputTests.TestedCmdlets));

    [Fact]
    public void TheirTypesHaveNone()
    {
        HashSet<string> numbers = ["Pfn", "PhysicalAddress", "RawEntry", "SwapOffset"];
        foreach (CmdletInfo cmdlet in GetCmdlets())
        {
            bool hasNumbers = cmdlet.OutputType.Any(output => output.Type?.GetProperties().Any(property => numbers.Contains(property.Name)) == true);
            Assert.False(hasNumbers && _rows.First(row => row[0] == $"`{cmdlet.Name}`")[3] == "none", cmdlet.Name);
        }
    }

    private IEnumerable<CmdletInfo> GetCmdlets() => _session.GetObjects("Get-Command -Module PagemapTools").Select(item => (CmdletInfo)item.BaseObject);
}
