using System.Text.Json;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>A range of addresses of a zoo process, and what was done to its pages.</summary>
internal sealed record ZooRegion(string Name, int ProcessId, ulong Start, long Length, IReadOnlyDictionary<string, string> Expect)
{
    public ulong End => Start + (ulong)Length;

    public int PageCount => (int)(Length / Environment.SystemPageSize);

    public AddressRange Range => new(Start, End);

    /// <summary>The pages of a list: "0,2,5-9", "0-63/2" (every second), "none".</summary>
    public int[] this[string list] => Pages(Expect[list]);

    public static ZooRegion Of(JsonElement json) => new(
        json.GetProperty("name").GetString()!,
        json.GetProperty("pid").GetInt32(),
        Convert.ToUInt64(json.GetProperty("start").GetString(), 16),
        json.GetProperty("length").GetInt64(),
        json.GetProperty("expect").EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString()!));

    private static int[] Pages(string list)
    {
        List<int> pages = [];
        foreach (string part in list is "none" or "" ? [] : list.Split(','))
        {
            string[] strided = part.Split('/');
            string[] ends = strided[0].Split('-');
            for (int page = int.Parse(ends[0]); page <= int.Parse(ends[^1]); page += strided.Length > 1 ? int.Parse(strided[1]) : 1)
            {
                pages.Add(page);
            }
        }

        return [.. pages];
    }
}
