using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Host;

namespace PagemapTools.Host;

/// <summary>Shows the latest progress record as one passing line, and only where somebody watches.</summary>
internal sealed class ProgressDisplay(ConsoleStreams streams, PSHostRawUserInterface terminal, bool isShown)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private long lastShown;

    public void Update(ProgressRecord record)
    {
        if (!isShown)
        {
            return;
        }

        if (record.RecordType is ProgressRecordType.Completed)
        {
            streams.ClearPassingLine();
            lastShown = 0;
        }
        else if (lastShown is 0 || Stopwatch.GetElapsedTime(lastShown) >= Interval)
        {
            lastShown = Stopwatch.GetTimestamp();
            string text = Describe(record).ReplaceLineEndings(" ");
            streams.ShowPassingLine(text[..Math.Min(text.Length, Math.Max(terminal.WindowSize.Width - 1, 0))]);
        }
    }

    private static string Describe(ProgressRecord record)
    {
        IEnumerable<string> parts =
        [
            record.Activity,
            record.PercentComplete >= 0 ? $"{record.PercentComplete} %" : "",
            record.SecondsRemaining >= 0 ? $"{TimeSpan.FromSeconds(record.SecondsRemaining):c} left" : "",
            record.StatusDescription,
            record.CurrentOperation,
        ];
        return string.Join(": ", parts.Where(part => !string.IsNullOrWhiteSpace(part)));
    }
}
