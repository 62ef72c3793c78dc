using System.Globalization;
using PagemapTools.Procfs.Groups;

namespace PagemapTools.Procfs.Metrics;

/// <summary>Writes the figures of groups in the text format of Prometheus: HELP, TYPE and a line for each time series.</summary>
/// <remarks>A figure that is unknown has no line: a gap in a graph, not a 0.</remarks>
internal static class MetricText
{
    // The sums of the last column are those that stay true when groups are added: page frames that groups share would count twice.
    private static readonly (string Name, string Help, Func<ProcessGroupUss, long?> Get, bool IsAdditive)[] s_figures =
    [
        ("uss_bytes", "Page frames that only processes of the group map", group => group.Uss, true),
        ("pss_bytes", "Proportional set size: each page frame divided by the number of its mappings", group => group.Pss, true),
        ("rss_bytes", "Page frames that processes of the group map", group => group.Rss, false),
        ("swap_bytes", "Memory of the group that is swapped out", group => group.Swap, false),
        ("hugetlb_bytes", "Memory of the group in hugetlb pages", group => group.Hugetlb, false),
        ("page_table_bytes", "Page tables of the processes of the group", group => group.PageTables, true),
        ("freed_on_exit_bytes", "What returns to free memory when all processes of the group end", group => group.FreedOnExit, false),
        ("processes", "Processes of the group that were measured", group => group.ProcessCount, true),
    ];

    /// <summary>Writes all metrics of one key.</summary>
    /// <param name="writer">Receives the lines.</param>
    /// <param name="key">What the groups have in common.</param>
    /// <param name="groups">The groups. One without a name is among the others.</param>
    /// <param name="maxGroupCount">The number of groups that have time series of their own.</param>
    /// <param name="failedCount">The number of processes that could not be measured.</param>
    public static void Write(TextWriter writer, ProcessGroupKey key, IReadOnlyCollection<ProcessGroupUss> groups, int maxGroupCount, int failedCount)
    {
        string label = key.ToString().ToLowerInvariant();
        ProcessGroupUss[] named = [.. groups.Where(group => group.Name is not null).OrderByDescending(group => group.Rss).ThenBy(group => group.Name, StringComparer.Ordinal)];
        ProcessGroupUss[] single = [.. named.Take(maxGroupCount).OrderBy(group => group.Name, StringComparer.Ordinal)];
        ProcessGroupUss[] others = [.. groups.Except(single)];
        foreach ((string name, string help, Func<ProcessGroupUss, long?> get, bool isAdditive) in s_figures)
        {
            string metric = $"pagemap_{label}_{name}";
            WriteHeader(writer, metric, $"{help}.");
            foreach (ProcessGroupUss group in single)
            {
                WriteLine(writer, $"{metric}{{{label}=\"{EscapeLabel(group.Name!)}\"}}", get(group));
            }

            if (isAdditive)
            {
                metric = $"pagemap_{label}_others_{name}";
                WriteHeader(writer, metric, $"{help}: the sum of all groups without time series of their own.");
                WriteLine(writer, metric, others.Select(get).Aggregate((long?)0, (sum, value) => sum + value));
            }
        }

        WriteSingle(writer, $"pagemap_{label}_others_groups", "Groups without time series of their own.", others.Length);
        WriteSingle(writer, $"pagemap_{label}_failed_processes", "Processes that are in no group: they could not be measured.", failedCount);
    }

    /// <summary>
    /// Escapes the value of a label: control and format characters as in every table of the module, then backslash and quote as the format
    /// demands. No line feed is left.
    /// </summary>
    /// <remarks>
    /// Different values stay different, because Prometheus refuses a file that has a time series twice: in a value that has <c>\u{</c> itself,
    /// the backslash is escaped as a control character is.
    /// </remarks>
    internal static string EscapeLabel(string value) =>
        VisibleText.Escape(value.Replace(@"\u{", @"\u{5c}u{", StringComparison.Ordinal))
            .Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal);

    private static void WriteSingle(TextWriter writer, string metric, string help, long value)
    {
        WriteHeader(writer, metric, help);
        WriteLine(writer, metric, value);
    }

    private static void WriteHeader(TextWriter writer, string metric, string help) => writer.Write($"# HELP {metric} {help}\n# TYPE {metric} gauge\n");

    private static void WriteLine(TextWriter writer, string series, long? value)
    {
        if (value is { } known)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{series} {known}\n"));
        }
    }
}
