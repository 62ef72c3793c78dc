using System.Collections.Concurrent;

namespace PagemapTools.Procfs;

/// <summary>
/// What /proc/kpagecount said of shared frames a short while ago, so that the kernel is asked once about frames that many processes
/// map, not once for each of them. Safe to use from several threads.
/// </summary>
/// <remarks>
/// Whoever looks has an entry that is not exclusive (bit 56), and what is remembered is 2 or more: the two agree that the frame is
/// shared, and only by how many may be old. About all others the kernel is asked.
/// </remarks>
/// <param name="clock">Tells how long ago it was.</param>
internal sealed class RecentCounts(TimeProvider clock)
{
    /// <summary>How long counts are remembered.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromSeconds(1);

    // A byte for each frame of 128 MiB, and in all 64 MiB for 256 GiB; about what is beyond the kernel is asked each time.
    private const int StretchShift = 15;
    private const int StretchFrames = 1 << StretchShift;
    private const int MostStretches = 2048;

    private readonly ConcurrentDictionary<ulong, Stretch> _stretches = new();

    private sealed record Stretch(byte[] Counts, long Since);

    /// <summary>A look at what is remembered, for one thread and one batch of pages.</summary>
    public Look Now() => new(this, clock.GetTimestamp());

    private byte[]? Find(ulong stretch, long now) =>
        _stretches.TryGetValue(stretch, out Stretch? known) && clock.GetElapsedTime(known.Since, now) <= Age ? known.Counts : null;

    private byte[]? Add(ulong stretch, long now) =>
        _stretches.Count < MostStretches || _stretches.ContainsKey(stretch)
            ? (_stretches[stretch] = new Stretch(new byte[StretchFrames], now)).Counts
            : null;

    public struct Look(RecentCounts recent, long now)
    {
        private ulong _stretch = ulong.MaxValue;
        private byte[]? _counts;

        /// <summary>How often a frame is mapped; 0 if that is not known.</summary>
        public ulong Of(ulong frame)
        {
            MoveTo(frame);
            return _counts is null ? 0 : (ulong)_counts[frame % StretchFrames];
        }

        /// <summary>Remembers a count, if it is of a shared frame and fits in a byte.</summary>
        public void Remember(ulong frame, ulong count)
        {
            if (count is < 2 or > byte.MaxValue)
            {
                return;
            }

            MoveTo(frame);
            _counts ??= recent.Add(_stretch, now);
            if (_counts is not null)
            {
                _counts[frame % StretchFrames] = (byte)count;
            }
        }

        // Neighbouring frames are mostly in one stretch.
        private void MoveTo(ulong frame)
        {
            ulong stretch = frame >> StretchShift;
            if (stretch != _stretch)
            {
                _stretch = stretch;
                _counts = recent.Find(stretch, now);
            }
        }
    }
}
