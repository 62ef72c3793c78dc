using System.Diagnostics;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>What a row measures.</summary>
internal enum Unit
{
    Milliseconds,
    Mebibytes,
}

/// <summary>The most that a row's ratio may be, as the design writes it.</summary>
internal readonly record struct Bound(double Value, string Text)
{
    public static Bound AtMost(double value) => new(value, Ratio.Format(value));

    public static Bound OneIn(int divisor) => new(1.0 / divisor, $"1/{divisor}");
}

/// <summary>One row of the budget: our work and what it is measured against.</summary>
internal abstract class BudgetRow
{
    // The compiler works in the background, by what ran often in the last 100 ms; the engine alone gives it some seconds of work.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(4);
    private const int FewestWarmUps = 3;

    private readonly List<string> _notes = [];

    public abstract int Number { get; }

    public abstract string Work { get; }

    public abstract string Against { get; }

    public abstract Bound Bound { get; }

    public virtual Unit Unit => Unit.Milliseconds;

    /// <summary>Whether the processor time of both sides is that of the work: false where it is mostly that of starting a process.</summary>
    public virtual bool HasCpuTime => true;

    /// <summary>A row whose comparator takes very long is content with fewer.</summary>
    public virtual int MostTurns => int.MaxValue;

    /// <summary>Something else that is measured in the same turns, for information; null for nothing.</summary>
    public virtual string? Aside => null;

    /// <summary>What has to be known to read the figures.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Makes what the row needs, and checks that ours and theirs give the same answer.</summary>
    /// <exception cref="SkippedException">This machine lacks something.</exception>
    public abstract void Prepare(Surroundings surroundings);

    public abstract double MeasureOurs();

    public abstract double MeasureTheirs();

    public virtual double MeasureAside() => double.NaN;

    /// <summary>Lets the compiler and the caches settle.</summary>
    public virtual void WarmUp() => Settle(() => (MeasureOurs(), MeasureTheirs(), MeasureAside()));

    protected static void Settle<T>(Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < FewestWarmUps || Stopwatch.GetElapsedTime(start) < s_settling; i++)
        {
            work();
        }
    }

    /// <summary>A target that is smaller than the row says is told with its figures.</summary>
    protected TargetProcess Noted(TargetProcess target)
    {
        if (target.Shortage is { } shortage)
        {
            Note(shortage);
        }

        return target;
    }

    protected void Note(string note) => _notes.Add(note);
}
