namespace PagemapTools.TestProcesses;

/// <summary>A kind of process whose pages are in known states.</summary>
internal abstract class TestProcess
{
    public abstract string Name { get; }

    /// <summary>The option keys with their defaults, a description, and the steps.</summary>
    public abstract string Summary { get; }

    public abstract void Make(Context context);

    /// <summary>Does step 1, 2, ...; the argument is the text after "next".</summary>
    public virtual void Next(Context context, int step, string argument)
    {
    }
}
