using System.Diagnostics;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>The unit of a row's amounts.</summary>
internal enum Unit
{
    Milliseconds,
    Microseconds,
    Mebibytes,
}

/// <summary>The maximum ratio of a row, and its text in the table.</summary>
internal readonly record struct Bound(double Value, string Text)
{
    public static Bound AtMost(double value) => new(value, Ratio.Format(value));

    public static Bound OneIn(int divisor) => new(1.0 / divisor, $"1/{divisor}");
}

/// <summary>One row of the budget: work of the module, and a comparator.</summary>
internal abstract class BudgetRow
{
    // Tiered compilation compiles hot methods in the background after 100 ms without new ones; the engine's methods take it some seconds.
    private static readonly TimeSpan s_settling = TimeSpan.FromSeconds(4);
    private const int MinWarmUps = 3;

    private readonly List<string> _notes = [];

    public abstract int Number { get; }

    public abstract string Work { get; }

    public abstract string Against { get; }

    public abstract Bound Bound { get; }

    public virtual Unit Unit => Unit.Milliseconds;

    /// <summary>Whether processor time is mostly that of the work; false where it is mostly that of starting a process.</summary>
    public virtual bool HasCpuTime => true;

    /// <summary>A third measurement in each turn, for information; null for none.</summary>
    public virtual string? Aside => null;

    /// <summary>Facts that a reader of the figures needs.</summary>
    public IReadOnlyList<string> Notes => _notes;

    /// <summary>Starts the target process, and checks that both sides give the same answer.</summary>
    /// <exception cref="SkippedException">This machine cannot run the row.</exception>
    public abstract void Prepare(Surroundings surroundings);

    public abstract double MeasureOurs();

    public abstract double MeasureTheirs();

    public virtual double MeasureAside() => double.NaN;

    /// <summary>Repeats the work until code is compiled and caches are warm.</summary>
    public virtual void WarmUp() => Settle(() => (MeasureOurs(), MeasureTheirs(), MeasureAside()));

    protected static void Settle<T>(Func<T> work)
    {
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < MinWarmUps || Stopwatch.GetElapsedTime(start) < s_settling; i++)
        {
            work();
        }
    }

    /// <summary>Notes it if memory was too short for the target that the row describes.</summary>
    protected TargetProcess NoteShortage(TargetProcess target)
    {
        if (target.Recipe.Shortage is { } shortage)
        {
            Note(shortage);
        }

        return target;
    }

    protected void Note(string note) => _notes.Add(note);
}
