namespace PagemapTools.Benchmarks.Peers;

/// <summary>The kernel's own page-types (tools/mm, before 6.3 tools/vm).</summary>
internal sealed class PageTypes(string path)
{
    public double Time(params IEnumerable<string> arguments) => ChildProcess.TimeToNull(path, arguments);

    public string Output(params IEnumerable<string> arguments) => ChildProcess.Run(path, arguments);

    /// <summary>The pages of the line "total" of a summary.</summary>
    public long TotalPages(params IEnumerable<string> arguments)
    {
        string? total = Output(arguments).Split('\n').LastOrDefault(line => line.TrimStart().StartsWith("total", StringComparison.Ordinal));
        return total?.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries) is [_, var pages, ..]
            ? long.Parse(pages)
            : throw new BenchmarkException($"'{path}' gave no total.");
    }
}
