namespace PagemapTools.TestProcesses;

/// <summary>A kind of process whose pages are in known states.</summary>
internal abstract class TestProcess
{
    public abstract string Name { get; }

    /// <summary>Keys with their defaults, what it is, and its steps.</summary>
    public abstract string Summary { get; }

    public abstract void Make(Context context);

    /// <summary>Does step 1, 2, ...; the argument is what followed "next".</summary>
    public virtual void Next(Context context, int step, string argument)
    {
    }
}
