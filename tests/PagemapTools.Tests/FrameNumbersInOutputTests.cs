using System.Globalization;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Page frame numbers help to attack the machine, so only what was asked for pages has them (SECURITY.md).</summary>
[Trait("Tier", "Unit")]
public sealed class FrameNumbersInOutputTests : IDisposable
{
    private const ulong Address = 0x10000000;

    // No other value of the tree has these digits.
    private const ulong First = 0x5ec12e7;
    private const ulong Second = 0x5ec12e9;

    private readonly FakeProc _proc = new();
    private readonly Session _session = new();

    public FrameNumbersInOutputTests()
    {
        _session["tree"] = _proc.Path;
        _session["PSDefaultParameterValues"] = new DefaultParameterDictionary { ["*:ProcPath"] = _proc.Path, ["*:AllowSavedTree"] = true };
        foreach (int id in (int[])[2, 3])
        {
            _proc.AddProcess(id, Address, PagemapBits.PresentAt(First), PagemapBits.PresentAt(Second) | PagemapBits.Exclusive);
        }

        _proc.WriteEntries("kpagecount", First, 2, 0, 1).WriteEntries("kpageflags", First, 1UL << 12, 0, 1UL << 12).WriteEntries("kpagecgroup", First, 1, 0, 1);
    }

    public void Dispose()
    {
        _session.Dispose();
        _proc.Dispose();
    }

    /// <summary>The cmdlets that have a command here, in the order of their names.</summary>
    internal static IEnumerable<string> TestedCmdlets => typeof(FrameNumbersInOutputTests).GetMethod(nameof(NoStreamHasAPageFrameNumber))!
        .GetCustomAttributes(typeof(InlineDataAttribute), inherit: false).Select(row => ((string)((InlineDataAttribute)row).Data[0]!).Split(' ')[0]).Distinct().Order(StringComparer.Ordinal);

    [Theory]
    [InlineData("Clear-SoftDirty -Id 2, 99 -WhatIf")]
    [InlineData("Export-PagemapMetric $tree/a.prom -GroupBy Name, User, Cgroup; Get-Content $tree/a.prom")]
    [InlineData("Measure-FileCache $tree -MappedBy")]
    [InlineData("Measure-FileCache -OpenFiles -Verbose")]
    [InlineData("Measure-KPageCgroup")]
    [InlineData("Measure-KPageFlags -ByKind")]
    [InlineData("Measure-KPageFlags -ByNode")]
    [InlineData("Measure-ProcessHugePage -Id 2, 3, 99")]
    [InlineData("Measure-ProcessHugePage -Id 2 -ByMapping")]
    [InlineData("Measure-ProcessUss -Id 2, 3, 99 -ByNode")]
    [InlineData("Measure-ProcessWorkingSet -Id 2, 99 -WhatIf")]
    [InlineData("Test-PagemapSupport")]
    [InlineData("Measure-ProcessUss -Id 2, 3, 99 -Method Exclusive")]
    [InlineData("Measure-ProcessUss -Id 2, 3, 99 -Method MapCount")]
    [InlineData("Measure-ProcessUss -Id 2 -Method Exclusive -ByMapping")]
    [InlineData("Measure-ProcessUss -Id 2, 3, 99 -Together")]
    [InlineData("Measure-ProcessUss -GroupBy Name")]
    [InlineData("Measure-ProcessSharing -Id 2, 3, 99")]
    [InlineData("Measure-KPageFlags -Id 2, 99")]
    [InlineData("Measure-KPageFlags")]
    [InlineData("Get-ProcessPageMap -Id 2, 99 -IgnorePfn -Include Flags, MapCount, Cgroup")]
    [InlineData("Get-SharedMemory")]
    [InlineData("Show-ProcessPageMap -Id 2, 99 -By MapCount")]
    public void NoStreamHasAPageFrameNumber(string command)
    {
        string text = ReadAll(command);

        Assert.NotEmpty(text);
        Assert.All(GetForms(First).Concat(GetForms(Second)), form => Assert.DoesNotContain(form, text, StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void PagesHaveThem()
    {
        string text = ReadAll("Get-ProcessPageMap -Id 2");
        Assert.Contains(First.ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }

    private string ReadAll(string command)
    {
        Outcome outcome = _session.Run(
            $"$VerbosePreference = 'Continue'; $items = @({command}); $items | ForEach-Object {{ [Management.Automation.PSSerializer]::Serialize($_, 4) }}; $items | Format-List * | Out-String -Width 300; $items | Out-String -Width 300");
        Assert.Null(outcome.Termination);
        return string.Join('\n', outcome.Output.Select(item => item.ToString())
            .Concat(outcome.Errors.Select(error => $"{error} {error.TargetObject} {error.Exception}")).Concat(outcome.Warnings).Concat(outcome.Verbose).Concat(outcome.Progress.Select(record => record.StatusDescription)));
    }

    // The number, and the physical address; in decimal and in hexadecimal.
    private static string[] GetForms(ulong pfn) =>
    [
        pfn.ToString(CultureInfo.InvariantCulture), pfn.ToString("x", CultureInfo.InvariantCulture),
        (pfn * KernelFile.PageSize).ToString(CultureInfo.InvariantCulture), (PagemapBits.PresentAt(pfn)).ToString(CultureInfo.InvariantCulture),
    ];
}
