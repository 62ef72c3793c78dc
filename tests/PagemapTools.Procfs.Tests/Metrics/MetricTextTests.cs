using System.Text.RegularExpressions;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Metrics;

namespace PagemapTools.Procfs.Tests.Metrics;

/// <summary>Compares with lines written by hand after Prometheus' description of its text format.</summary>
[Trait("Tier", "Unit")]
public sealed class MetricTextTests
{
    [Theory]
    [InlineData("/system.slice/a.service", "/system.slice/a.service")]
    [InlineData(@"/system.slice/a\x2db.service", @"/system.slice/a\\x2db.service")]
    [InlineData("say \"x\"", "say \\\"x\\\"")]
    [InlineData("two\nlines\u001b[31m", @"two\\u{a}lines\\u{1b}[31m")]
    [InlineData(@"\u{a}\u{", @"\\u{5c}u{a}\\u{5c}u{")]
    [InlineData("пять", "пять")]
    public void LabelsAreEscaped(string value, string expected) => Assert.Equal(expected, MetricText.EscapeLabel(value));

    /// <summary>Prometheus refuses a file that has a time series twice: any user could hide all figures by the name of a process.</summary>
    [Fact]
    public void DifferentNamesHaveDifferentTimeSeries()
    {
        string[] names =
        [
            "\u001b", @"\u{1b}", @"\u{5c}u{1b}", "\\\u001b", @"\\u{1b}", @"\u\u{1b}", "\n", @"\n", @"\\n", @"\u{a}", "\"", "\\\"", "\\", @"\\", @"\u{5c}", "\u202e", @"\u{202e}", @"\u{",
        ];
        string text = Write(100, [.. names.Select(name => new ProcessGroupUss(name, [1]) { Rss = 9 })]);

        string[] series = [.. text.Split('\n').Where(line => line.StartsWith("pagemap_name_rss_bytes{", StringComparison.Ordinal))];
        Assert.Equal(names.Length, series.Select(ReadLabel).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void UnknownFiguresHaveNoLine()
    {
        string text = Write(10, new ProcessGroupUss("a", [1]) { Uss = 5, Rss = 9 });
        Assert.Contains("# TYPE pagemap_name_uss_bytes gauge\npagemap_name_uss_bytes{name=\"a\"} 5\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("pagemap_name_swap_bytes{", text, StringComparison.Ordinal);
        Assert.DoesNotContain("pagemap_name_freed_on_exit_bytes{", text, StringComparison.Ordinal);
    }

    [Fact]
    public void TheLargestGroupsHaveTimeSeriesAndTheOthersASum()
    {
        string text = Write(
            1,
            new ProcessGroupUss("small", [1]) { Uss = 5, Rss = 9 },
            new ProcessGroupUss("large", [2, 3]) { Uss = 50, Rss = 90 },
            new ProcessGroupUss(null, [4]) { Uss = 7, Rss = 1000 });
        Assert.Contains("pagemap_name_processes{name=\"large\"} 2\n", text, StringComparison.Ordinal);
        Assert.DoesNotContain("small", text, StringComparison.Ordinal);
        Assert.Contains("\npagemap_name_others_uss_bytes 12\n", text, StringComparison.Ordinal);
        Assert.Contains("\npagemap_name_others_processes 2\n", text, StringComparison.Ordinal);
        Assert.Contains("\npagemap_name_others_groups 2\n", text, StringComparison.Ordinal);

        // Groups may share page frames: the sum of their Rss is no amount of memory.
        Assert.DoesNotContain("others_rss", text, StringComparison.Ordinal);
    }

    [Fact]
    public void ASumWithAnUnknownFigureIsUnknown()
    {
        string text = Write(0, new ProcessGroupUss("a", [1]) { Uss = null, Rss = 9 }, new ProcessGroupUss("b", [2]) { Uss = 5, Rss = 9 });
        Assert.DoesNotContain("\npagemap_name_others_uss_bytes ", text, StringComparison.Ordinal);
    }

    [Fact]
    public void FailedProcessesAreCounted() => Assert.Contains("\npagemap_name_failed_processes 3\n", Write(10), StringComparison.Ordinal);

    // As the description of the format has it: \\, \" and \n, and nothing else, are escapes.
    private static string ReadLabel(string line)
    {
        Match label = Regex.Match(line, @"^\w+\{name=""(?<value>([^\\""]|\\[\\""n])*)""\} 9$", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1));
        Assert.True(label.Success, line);
        return Regex.Replace(label.Groups["value"].Value, @"\\.", escape => escape.Value == @"\n" ? "\n" : escape.Value[1..], RegexOptions.None, TimeSpan.FromSeconds(1));
    }

    private static string Write(int maxGroupCount, params ProcessGroupUss[] groups)
    {
        using StringWriter writer = new();
        MetricText.Write(writer, ProcessGroupKey.Name, groups, maxGroupCount, failedCount: 3);
        return writer.ToString();
    }
}
