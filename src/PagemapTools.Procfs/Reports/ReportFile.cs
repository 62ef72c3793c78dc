using System.Globalization;

namespace PagemapTools.Procfs.Reports;

/// <summary>The file of a report. It appears whole: it has another name until it is on the disk.</summary>
/// <param name="path">The file; an existing one is replaced. A directory that cannot be written is an error before anything is measured.</param>
internal sealed class ReportFile(string path) : IDisposable
{
    private readonly ReplacedFile _file = new(path);

    /// <summary>Formats a moment with its offset from UTC.</summary>
    public static string FormatTime(DateTimeOffset time) => time.ToString("yyyy-MM-ddTHH:mm:sszzz", CultureInfo.InvariantCulture);

    /// <summary>Writes the report, and gives the file its name.</summary>
    public void Write(ReportData data, FrameMap? map, bool isWorldReadable)
    {
        const UnixFileMode Others = UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        ReportPage.Write(_file.Stream, data, map);
        _file.Commit(isWorldReadable ? ReplacedFile.Private | Others : ReplacedFile.Private);
    }

    /// <summary>Removes the file, unless it has its name.</summary>
    public void Dispose() => _file.Dispose();
}
