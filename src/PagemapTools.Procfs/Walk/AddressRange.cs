namespace PagemapTools.Procfs.Walk;

/// <summary>Virtual addresses from <paramref name="Start"/> up to, but not including, <paramref name="End"/>, as in /proc/PID/maps.</summary>
/// <param name="Start">The first address.</param>
/// <param name="End">The address after the last one; greater than <paramref name="Start"/>.</param>
public readonly record struct AddressRange(ulong Start, ulong End)
{
    /// <summary>Creates the range of the page that contains an address.</summary>
    public AddressRange(ulong address)
        : this(address & ~(PageGeometry.PageSize - 1), Math.Max(address | (PageGeometry.PageSize - 1), (address | (PageGeometry.PageSize - 1)) + 1))
    {
    }

    /// <summary>Creates the range of the page that contains an address. PowerShell parses an address with the highest bit as negative.</summary>
    public AddressRange(long address)
        : this(unchecked((ulong)address))
    {
    }

    /// <summary>Creates the range of the page that contains a 32-bit address. PowerShell parses an address with the highest bit as negative.</summary>
    public AddressRange(int address)
        : this(unchecked((uint)address))
    {
    }

    /// <summary>
    /// Parses an address or a range, <c>0x7f00</c> or <c>0x7f00-0x7fff</c>, in hexadecimal with 0x or in decimal. A range as maps prints it,
    /// <c>00400000-00401000</c>, is hexadecimal: both ends have 8 to 16 digits without 0x, in lower case.
    /// </summary>
    /// <exception cref="FormatException">The text is neither. The message quotes it.</exception>
    public static AddressRange Parse(string text)
    {
        string[] ends = text.Split('-', 2, StringSplitOptions.TrimEntries);
        bool isFromMaps = ends.Length == 2 && Array.TrueForAll(ends, IsFromMaps);
        ulong start = ParseAddress(ends[0], text, isFromMaps);
        if (ends.Length == 1)
        {
            return new AddressRange(start);
        }

        ulong end = ParseAddress(ends[1], text, isFromMaps);
        return start < end
            ? new AddressRange(start, end)
            : throw new FormatException($"The range {VisibleText.Quote(text)} is empty: its end must be above its start.");
    }

    /// <summary>Formats the range in hexadecimal.</summary>
    public override string ToString() => $"0x{Start:x}-0x{End:x}";

    private static bool IsFromMaps(string text) => text.Length is >= 8 and <= 16 && text.All(char.IsAsciiHexDigitLower);

    // A decimal number has no letters.
    private static ulong ParseAddress(string text, string whole, bool isFromMaps) =>
        ProcNumber.ParseTyped(text, whole, "an address", isHex: isFromMaps || (IsFromMaps(text) && text.Any(char.IsAsciiLetter)));

    /// <summary>Widens the range to whole pages.</summary>
    internal AddressRange RoundToPages()
    {
        ulong mask = PageGeometry.PageSize - 1;
        ulong start = Start & ~mask;
        return new AddressRange(start, End > ulong.MaxValue - mask ? ~mask : (End + mask) & ~mask);
    }

    /// <summary>Widens ranges to whole pages, sorts them and merges those that overlap.</summary>
    internal static IReadOnlyList<AddressRange> Normalize(IEnumerable<AddressRange> ranges)
    {
        List<AddressRange> merged = [];
        foreach (AddressRange range in ranges.Select(range => range.RoundToPages()).OrderBy(range => range.Start))
        {
            if (merged.Count > 0 && range.Start <= merged[^1].End)
            {
                merged[^1] = new AddressRange(merged[^1].Start, Math.Max(merged[^1].End, range.End));
            }
            else
            {
                merged.Add(range);
            }
        }

        return merged;
    }
}
