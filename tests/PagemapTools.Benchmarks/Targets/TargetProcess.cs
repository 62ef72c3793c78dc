using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>What a target is made from.</summary>
/// <param name="Kind">The kind of test process.</param>
/// <param name="Options">Its options, separated by spaces.</param>
/// <param name="Shortage">The shortage of memory that made the target smaller than requested; null if it has the requested size.</param>
internal sealed record TargetRecipe(string Kind, string Options, string? Shortage = null);

/// <summary>A test process that is measured. It ends when it is disposed, and when this program exits, because its stdin is closed then.</summary>
internal sealed class TargetProcess : IDisposable
{
    private readonly TestSupport.TargetProcess _process;

    private TargetProcess(TestSupport.TargetProcess process, TargetRecipe recipe)
    {
        _process = process;
        Recipe = recipe;
        Range = new AddressRange(process.Region.Start, process.Region.End);
    }

    public int ProcessId => _process.ProcessId;

    /// <summary>The children that the process forked.</summary>
    public IReadOnlyList<int> Children => _process.Children;

    /// <summary>The region that was created; the process also has the mappings of its runtime.</summary>
    public AddressRange Range { get; }

    public TargetRecipe Recipe { get; }

    public long PageCount => (long)((Range.End - Range.Start) / PageGeometry.PageSize);

    public static TargetProcess Start(TargetRecipe recipe)
    {
        TestSupport.TargetProcess process = TestSupport.TargetProcess.Launch(recipe.Kind, recipe.Options.Split(' '));
        if (process.Skipped is { } reason)
        {
            process.Dispose();
            throw new SkippedException($"{recipe.Kind} cannot be made: {reason}");
        }

        return new TargetProcess(process, recipe);
    }

    /// <summary>Makes the target do its next step, and returns what it reports of its region.</summary>
    public IReadOnlyDictionary<string, string> Next(string argument) => _process.Next(argument).Region.Expect;

    public long ResidentBytes() => Machine.ReadKibibytes($"/proc/{ProcessId}/status", "VmRSS") * 1024;

    public void Dispose() => _process.Dispose();
}
