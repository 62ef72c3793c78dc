using System.Text.Json;
using PagemapTools.TestProcesses;

namespace PagemapTools.TestSupport;

/// <summary>An address range of a test process, with the expected states of its pages.</summary>
internal sealed record TargetRegion(string Name, int ProcessId, ulong Start, long Length, IReadOnlyDictionary<string, string> Expect)
{
    public ulong End => Start + (ulong)Length;

    public int PageCount => (int)(Length / Environment.SystemPageSize);

    /// <summary>The range in the form of -Address.</summary>
    public string RangeText => $"{StartText}-0x{End:x}";

    public string StartText => $"0x{Start:x}";

    /// <summary>Gets the page indices under a key of Expect.</summary>
    public int[] this[string key] => PageList.Parse(Expect[key], PageCount);

    /// <summary>Returns the addresses of the pages under a key of Expect.</summary>
    public ulong[] GetAddresses(string key) => [.. this[key].Select(GetAddress)];

    public ulong GetAddress(int page) => Start + ((ulong)page * KernelFile.PageSize);

    public static TargetRegion Parse(JsonElement json) => new(
        json.GetProperty("name").GetString()!,
        json.GetProperty("pid").GetInt32(),
        Convert.ToUInt64(json.GetProperty("start").GetString(), 16),
        json.GetProperty("length").GetInt64(),
        json.GetProperty("expect").EnumerateObject().ToDictionary(item => item.Name, item => item.Value.GetString()!, StringComparer.Ordinal));
}
