namespace PagemapTools.Procfs.Pages;

/// <summary>A run of page frames.</summary>
/// <param name="First">The first frame's number.</param>
/// <param name="Count">The number of frames.</param>
public readonly record struct FrameRange(ulong First, ulong Count)
{
    /// <summary>Every frame of the machine; the files end where memory does.</summary>
    public static FrameRange All { get; } = new(0, ulong.MaxValue);

    /// <summary>Parses a page frame number or a range of them, <c>0x1000</c> or <c>0x1000-0x1005</c>, in hexadecimal with 0x or in decimal. The end is not part of the range, as in maps.</summary>
    /// <exception cref="FormatException">The text is neither. The message quotes it.</exception>
    public static FrameRange Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] ends = text.Split('-', 2, StringSplitOptions.TrimEntries);
        ulong first = ParsePfn(ends[0], text);
        ulong end = ends.Length == 1 ? first == ulong.MaxValue ? first : first + 1 : ParsePfn(ends[1], text);
        return first < end ? new FrameRange(first, end - first)
            : throw new FormatException($"The range {VisibleText.Quote(text)} is empty: its end must be above its start.");
    }

    private static ulong ParsePfn(string text, string whole) => ProcNumber.ParseTyped(text, whole, "a page frame number");
}
