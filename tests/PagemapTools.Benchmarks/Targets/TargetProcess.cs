using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>A test process that is measured. It ends when it is disposed, and when this program exits, because its stdin is closed then.</summary>
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

    /// <summary>The region that was created; the process also has the mappings of its runtime.</summary>
    public AddressRange Range { get; }

    /// <summary>The shortage of memory that made the target smaller than requested; null if it has the requested size.</summary>
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

    public long ResidentBytes() => Machine.ReadKibibytes($"/proc/{ProcessId}/status", "VmRSS") * 1024;

    public void Dispose() => _process.Dispose();

    private static string FormatRecipe(string kind, string[] options) => string.Join(' ', [kind, .. options]);
}
