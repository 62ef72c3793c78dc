using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>
/// Compares with a state that other processes may change: the libraries of a target become shared or private when other processes
/// start and exit.
/// </summary>
internal static class Stable
{
    // A state may change and change back between two reads, but not on every try.
    private const int Tries = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Reads the state, compares, and reads the state again. Repeats a failed comparison if the two reads differ.</summary>
    public static void Until<T>(Func<T> read, Action<T> compare)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int failed = 0;
        while (true)
        {
            T before = read();
            Exception? difference = Record.Exception(() => compare(before));
            if (difference is null)
            {
                return;
            }

            failed += EqualityComparer<T>.Default.Equals(before, read()) ? 1 : 0;
            if (failed == Tries || watch.Elapsed > s_patience)
            {
                string when = failed == Tries ? "while the state did not change" : $"for {watch.Elapsed}, while the state often changed";
                throw new Xunit.Sdk.XunitException($"Different {when}: {difference.Message}", difference);
            }
        }
    }
}
