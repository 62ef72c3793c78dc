using System.Numerics;
using System.Text;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Fuzz.Targets;

/// <summary>Parsers of texts that a user types or that the kernel writes, and the escape of texts for a terminal.</summary>
internal static class TextTargets
{
    private static readonly ProcessContext s_process = new(1, "fuzz", new Procfs.Entries.SwapTypes([], null));

    public static IEnumerable<FuzzTarget> Create() =>
    [
        new("bit-spec", CheckBitSpec), new("address-range", CheckAddressRange), new("frame-range", CheckFrameRange), new("flag-name", CheckFlagName), new("number", CheckNumber),
        new("visible-text", CheckVisibleText), new("seq-file-text", CheckSeqFileText), new("maps-line", CheckMapsLine),
    ];

    private static void CheckBitSpec(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (Expect.ParsedOrQuoted<BitSpec, FormatException>(() => BitSpec.Parse(text), text) is { } spec)
        {
            Expect.Equal(text, spec.Text, "the specification as it was written");
            Expect.That(!text.Contains('\0'), $"'{text}' is no number and no name");
            Expect.Equal(spec.Mask, BitSpec.Parse(spec.ToString()).Mask, "parse after print");
        }
    }

    private static void CheckAddressRange(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (Expect.ParsedOrQuoted<object, FormatException>(() => AddressRange.Parse(text), text.TrimEnd()) is AddressRange range)
        {
            Expect.That(range.Start < range.End, $"{range} is not empty");
            Expect.That(!text.Contains('\0'), $"'{text}' is no number");
            Expect.Equal(range, AddressRange.Parse(range.ToString()), "parse after print");
        }
    }

    private static void CheckFrameRange(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (Expect.ParsedOrQuoted<object, FormatException>(() => FrameRange.Parse(text), text.TrimEnd()) is FrameRange range)
        {
            Expect.That(range.Count > 0, $"{range} is not empty");
            Expect.That(!text.Contains('\0'), $"'{text}' is no number");
        }

        if (Expect.ParsedOrQuoted<PageRange, FormatException>(() => PageRange.Parse(text), text.TrimEnd()) is { } pages)
        {
            Expect.Equal(FrameRange.Parse(text).First, pages.Pfn!.Value, "the first page frame");
        }
    }

    private static void CheckFlagName(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        if (KPageFlagsNames.TryParse(text, out KPageFlags flag))
        {
            Expect.That(BitOperations.IsPow2((ulong)flag), $"'{text}' is one bit, not {flag}");
            Expect.That(KPageFlagsNames.TryParse(KPageFlagsNames.Format(flag), out KPageFlags again) && again == flag, $"parse after print of {flag}");
        }
    }

    // The reference is the arithmetic of BigInteger.
    private static void CheckNumber(byte[] input)
    {
        CheckRadix(ProcNumber.TryParse(input, out ulong number), number, 10, input);
        CheckRadix(ProcNumber.TryParseHex(input, out number), number, 16, input);
        CheckRadix(ProcNumber.TryParseOctal(input, out number), number, 8, input);
        ReadOnlySpan<byte> rest = input;
        if (ProcNumber.TryTake(ref rest, (byte)' ', out number))
        {
            int taken = input.Length - rest.Length;
            Expect.That(input[taken - 1] == ' ' && ProcNumber.TryParse(input.AsSpan(0, taken - 1), out ulong again) && again == number, "what is taken is the number before the space");
        }

        string name = Encoding.UTF8.GetString(input);
        Expect.That(!ProcNumber.TryParseId(name, out int id) || (id > 0 && $"{id}" == name), $"'{name}' is not the id {id}");
    }

    private static void CheckRadix(bool isNumber, ulong number, int radix, byte[] input)
    {
        BigInteger expected = 0;
        bool isDigits = input.Length > 0;
        foreach (byte character in input)
        {
            int digit = "0123456789abcdef".IndexOf(char.ToLowerInvariant((char)character), StringComparison.Ordinal);
            isDigits &= digit >= 0 && digit < radix;
            expected = isDigits ? (expected * radix) + digit : 0;
        }

        Expect.Equal(isDigits && expected <= ulong.MaxValue, isNumber, $"whether it is a number of radix {radix}");
        Expect.That(!isNumber || number == expected, $"{number} is not {expected}");
    }

    private static void CheckVisibleText(byte[] input)
    {
        string text = Encoding.UTF8.GetString(input);
        string visible = VisibleText.Escape(text);
        Expect.IsVisible(visible);
        Expect.Equal(visible, VisibleText.Escape(visible), "what is visible is not escaped again");
        Expect.IsVisible(new ProcfsException(ProcfsError.ReadFailed, text, "/").Message);
        string pairs = Encoding.Unicode.GetString(input);
        Expect.IsVisible(VisibleText.Escape(pairs));
    }

    private static void CheckSeqFileText(byte[] input)
    {
        string text = SeqFileText.Decode(input);
        Expect.That(text.Length <= 4 * input.Length, "a byte becomes at most four characters");
        Expect.That(!text.Contains('\ufffd') || input.AsSpan().IndexOf("\ufffd"u8) >= 0, "no byte is lost");
        string unescaped = SeqFileText.Unescape(input, " \t\n\\");
        Expect.That(unescaped.Length <= text.Length, "unescaping makes a text no longer");
        Expect.That(input.Contains((byte)'\\') || unescaped == text, "without a backslash nothing is escaped");
    }

    private static void CheckMapsLine(byte[] input)
    {
        MapsParser parser = new(s_process, MapsParser.FileName);
        if (Expect.ParsedOrQuoted<MemoryMapping, ProcfsException>(() => parser.Parse(input), SeqFileText.Decode(input)) is not { } mapping)
        {
            return;
        }

        Expect.That(mapping.Start < mapping.End, $"{mapping} is not empty");
        string printed = Print(mapping);
        Expect.Equal(printed, Print(new MapsParser(s_process, MapsParser.FileName).Parse(Encoding.UTF8.GetBytes(printed))), "parse after print");
        Expect.IsVisible(mapping.ToString());
    }

    // As the kernel prints it (fs/proc/task_mmu.c, show_map_vma).
    private static string Print(MemoryMapping mapping) =>
        $"{mapping.Start:x8}-{mapping.End:x8} {mapping.Permissions} {mapping.Offset:x8} {mapping.Device} {mapping.Inode} "
        + $"{mapping.Path?.Replace("\n", "\\012", StringComparison.Ordinal)}{(mapping.IsDeleted ? " (deleted)" : string.Empty)}";
}
