using System.Diagnostics;

namespace PagemapTools.Tests.Support;

/// <summary>
/// Compares with something that others may change meanwhile: libraries that a target maps become shared or private as other processes
/// start and end.
/// </summary>
internal static class Stable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(15);

    /// <summary>Makes a comparison between two looks that agree; what was compared while they did not is tried again.</summary>
    public static void Until<T>(Func<T> look, Action<T> compare)
    {
        Stopwatch watch = Stopwatch.StartNew();
        while (true)
        {
            T before = look();
            Exception? difference = Record.Exception(() => compare(before));
            if (difference is null)
            {
                return;
            }

            bool hasChanged = !EqualityComparer<T>.Default.Equals(before, look());
            if (!hasChanged || watch.Elapsed > s_patience)
            {
                string when = hasChanged ? $"for {watch.Elapsed}, in which it never stood still" : "while nothing changed";
                throw new Xunit.Sdk.XunitException($"Different {when}: {difference.Message}", difference);
            }
        }
    }
}
