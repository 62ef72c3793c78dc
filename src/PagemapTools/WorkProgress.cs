using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools;

/// <summary>Progress on long work only: nothing in the first second, then at most four times a second.</summary>
internal sealed class WorkProgress(Cmdlet cmdlet, string activity)
{
    private static readonly TimeSpan s_quietStart = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_interval = TimeSpan.FromMilliseconds(250);

    private readonly Stopwatch _sinceStart = Stopwatch.StartNew();
    private TimeSpan _next = s_quietStart;
    private bool _isShown;

    /// <summary>Whether a record is due now; asking is cheap.</summary>
    public bool IsDue => _sinceStart.Elapsed >= _next;

    /// <summary>Shows where the work is.</summary>
    public void Show(string status, double fraction)
    {
        _next = _sinceStart.Elapsed + s_interval;
        _isShown = true;
        cmdlet.WriteProgress(new ProgressRecord(activity.GetHashCode(StringComparison.Ordinal) & int.MaxValue, activity, status)
        {
            PercentComplete = (int)Math.Clamp(fraction * 100, 0, 100),
        });
    }

    /// <summary>Takes the progress away, if it was shown.</summary>
    public void Complete()
    {
        if (_isShown)
        {
            cmdlet.WriteProgress(new ProgressRecord(activity.GetHashCode(StringComparison.Ordinal) & int.MaxValue, activity, "Done")
            {
                RecordType = ProgressRecordType.Completed,
            });
        }
    }
}
