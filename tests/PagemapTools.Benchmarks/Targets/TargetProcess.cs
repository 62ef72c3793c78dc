using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>A test process that is measured. It ends when it is told to, and also when this program dies: its stdin is at its end then.</summary>
internal sealed class TargetProcess : IDisposable
{
    private readonly TestSupport.TargetProcess _process;
    private readonly string _recipe;

    private TargetProcess(TestSupport.TargetProcess process, string recipe, string? shortage)
    {
        _process = process;
        _recipe = recipe;
        Shortage = shortage;
        Range = new AddressRange(process.Region.Start, process.Region.End);
    }

    public int ProcessId => _process.ProcessId;

    /// <summary>The region that was made; the runtime's own mappings are beside it.</summary>
    public AddressRange Range { get; }

    /// <summary>What was wanted and not made, for want of memory; null if all was.</summary>
    public string? Shortage { get; }

    public long PageCount => (long)((Range.End - Range.Start) / PageGeometry.PageSize);

    public static TargetProcess Start(string kind, string[] options, string? shortage)
    {
        TestSupport.TargetProcess process = TestSupport.TargetProcess.Launch(kind, options);
        if (process.Skipped is { } reason)
        {
            process.Dispose();
            throw new SkippedException($"{kind} cannot be made: {reason}");
        }

        return new TargetProcess(process, FormatRecipe(kind, options), shortage);
    }

    public bool IsMadeFrom(string kind, string[] options) => _recipe == FormatRecipe(kind, options);

    public long ResidentBytes() => Machine.KibibytesOf($"/proc/{ProcessId}/status", "VmRSS") * 1024;

    public void Dispose() => _process.Dispose();

    private static string FormatRecipe(string kind, string[] options) => string.Join(' ', [kind, .. options]);
}
