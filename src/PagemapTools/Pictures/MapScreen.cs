using System.Text;
using PagemapTools.Commands;

namespace PagemapTools.Pictures;

/// <summary>Shows the pictures of a cmdlet: as lines in the pipeline, or again and again in the same place of a terminal.</summary>
internal sealed class MapScreen(PagemapCommand cmdlet, IMapParameters parameters)
{
    private int _width;
    private int _lines;

    /// <summary>The window as it is now: a user may change its size during a watch.</summary>
    public Canvas GetCanvas() => Canvas.Detect(cmdlet, parameters.Width, parameters.Height);

    /// <summary>Returns the times at which pictures are due.</summary>
    public IEnumerable<DateTime> WaitForSamples(CancellationToken cancellationToken)
    {
        long? maxSamples = parameters.IsWatching ? parameters.MaxSamples : 1;
        return new SampleClock(TimeSpan.FromSeconds(parameters.SampleInterval), maxSamples == long.MaxValue ? null : maxSamples).WaitForSamples(cancellationToken);
    }

    /// <summary>Shows a picture.</summary>
    public void Show(Canvas canvas, IReadOnlyList<MapLine> lines)
    {
        if (!canvas.IsTerminal)
        {
            // The engine breaks the lines of objects at the width of a window, even if there is none, but not those of strings.
            cmdlet.WriteObject(lines.Select(line => canvas.IsPlainText ? line.Text : line.ColorText), enumerateCollection: true);
            return;
        }

        if (!parameters.IsWatching)
        {
            cmdlet.WriteObject(lines, enumerateCollection: true);
            return;
        }

        // Up to the first line of the picture before; each line clears what stood behind it. A window of another width has broken the lines.
        StringBuilder text = new(_lines == 0 ? string.Empty : canvas.Width == _width ? $"\u001b[{_lines}F" : "\u001b[2J\u001b[H");
        foreach (MapLine line in lines)
        {
            text.Append(canvas.IsPlainText ? line.Text : line.ColorText).Append("\u001b[K\n");
        }

        cmdlet.Host.UI.Write(text.Append("\u001b[J").ToString());
        (_width, _lines) = (canvas.Width, lines.Count);
    }
}
