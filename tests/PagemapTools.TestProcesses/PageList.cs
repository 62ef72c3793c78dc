using System.Text;

namespace PagemapTools.TestProcesses;

/// <summary>Page indices of a region as text: "0,2,5-9", "0-63/2" (every second), "even", "odd", "all" or "none".</summary>
internal static class PageList
{
    public static int[] Parse(string text, int pageCount)
    {
        switch (text)
        {
            case "none" or "":
                return [];
            case "all":
                return Range(0, pageCount - 1, 1);
            case "even":
                return Range(0, pageCount - 1, 2);
            case "odd":
                return Range(1, pageCount - 1, 2);
        }

        List<int> pages = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] strided = part.Split('/');
            string[] ends = strided[0].Split('-');
            int first = int.Parse(ends[0]);
            int last = ends.Length > 1 ? int.Parse(ends[1]) : first;
            if (last >= pageCount || first > last)
            {
                throw new ArgumentException($"page list '{part}' is not inside a region of {pageCount} pages", nameof(text));
            }

            pages.AddRange(Range(first, last, strided.Length > 1 ? int.Parse(strided[1]) : 1));
        }

        return [.. pages.Distinct().Order()];
    }

    /// <summary>Formats page indices as "0,2,5-9"; an empty list as "none".</summary>
    public static string Format(IEnumerable<int> pages)
    {
        StringBuilder text = new();
        int[] sorted = [.. pages.Order()];
        for (int i = 0; i < sorted.Length; i++)
        {
            int first = i;
            while (i + 1 < sorted.Length && sorted[i + 1] == sorted[i] + 1)
            {
                i++;
            }

            text.Append(text.Length > 0 ? "," : "").Append(sorted[first]);
            if (i > first)
            {
                text.Append('-').Append(sorted[i]);
            }
        }

        return text.Length > 0 ? text.ToString() : "none";
    }

    public static string Format(int first, int count) => Format(Enumerable.Range(first, count));

    private static int[] Range(int first, int last, int stride)
    {
        List<int> pages = [];
        for (int page = first; page <= last; page += stride)
        {
            pages.Add(page);
        }

        return [.. pages];
    }
}
