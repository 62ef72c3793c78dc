using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>
/// Compares with something that others may change meanwhile: libraries that a target maps become shared or private as other processes
/// start and end.
/// </summary>
internal static class Stable
{
    // Something may change and change back between two looks, but not every time.
    private const int Tries = 4;
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(1);

    /// <summary>Makes a comparison between two looks that agree; what was compared while they did not is tried again.</summary>
    public static void Until<T>(Func<T> look, Action<T> compare)
    {
        Stopwatch watch = Stopwatch.StartNew();
        int failed = 0;
        while (true)
        {
            T before = look();
            Exception? difference = Record.Exception(() => compare(before));
            if (difference is null)
            {
                return;
            }

            failed += EqualityComparer<T>.Default.Equals(before, look()) ? 1 : 0;
            if (failed == Tries || watch.Elapsed > s_patience)
            {
                string when = failed == Tries ? "while nothing changed" : $"for {watch.Elapsed}, in which it hardly stood still";
                throw new Xunit.Sdk.XunitException($"Different {when}: {difference.Message}", difference);
            }
        }
    }
}
