using System.Globalization;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>A proc tree that was recorded on another machine (Recorded/*.txt), made of files again.</summary>
internal sealed class RecordedTree : IDisposable
{
    private readonly FakeProc _files = new();

    public RecordedTree(string name)
    {
        string[] lines = [.. File.ReadLines(Path.Join(AppContext.BaseDirectory, "Recorded", name)).Where(line => !line.StartsWith('#'))];
        for (int first = 0; first < lines.Length;)
        {
            int end = Array.FindIndex(lines, first + 1, line => line.StartsWith("== ", StringComparison.Ordinal));
            end = end < 0 ? lines.Length : end;
            Add(lines[first][3..], lines[(first + 1)..end]);
            first = end;
        }
    }

    public ProcRoot Root => _files.Root;

    /// <summary>The ids of the processes, in ascending order.</summary>
    public SortedSet<int> ProcessIds { get; } = [];

    public Smaps[] ReadSmaps(int processId) => Smaps.ReadFile(_files.GetPath(FormattableString.Invariant($"{processId}/smaps")));

    public Smaps ReadSmapsRollup(int processId) => Smaps.ReadFile(_files.GetPath(FormattableString.Invariant($"{processId}/smaps_rollup"))).Single();

    public void Dispose() => _files.Dispose();

    private void Add(string section, string[] lines)
    {
        string[] parts = section.Split('/');
        if (section == "frames")
        {
            Array.ForEach(lines, AddFrame);
        }
        else if (parts is [var id, "pagemap"])
        {
            Array.ForEach(lines, line => AddPages(ParseDecimal(id), line.Split(' ', StringSplitOptions.RemoveEmptyEntries)));
        }
        else if (parts is [var process, _])
        {
            ProcessIds.Add(ParseDecimal(process));
            _files.WriteText(section, string.Concat(lines.Select(line => $"{line}\n")));
        }
    }

    private void AddPages(int processId, string[] words) => _files.WritePagemap(processId, Parse(words[0]), [.. words[1..].Select(Parse)]);

    private void AddFrame(string line)
    {
        ulong[] words = [.. line.Split(' ').Select(Parse)];
        _files.WriteEntries("kpageflags", words[0], words[1]).WriteEntries("kpagecount", words[0], words[2]).WriteEntries("kpagecgroup", words[0], words[3]);
    }

    private static int ParseDecimal(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    private static ulong Parse(string text) => ulong.Parse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
}
