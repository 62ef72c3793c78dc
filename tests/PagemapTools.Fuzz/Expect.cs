using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Fuzz;

/// <summary>What holds for every input.</summary>
internal static class Expect
{
    private const int MaxMessageLength = 4096;
    private const int QuotedLength = 12;

    // A message quotes the input and a part of it, and an escaped character takes up to 8.
    private const int MaxExpansion = 16;

    public static void That(bool holds, [InterpolatedStringHandlerArgument(nameof(holds))] Message property)
    {
        if (!holds)
        {
            throw new FuzzException(property.ToString());
        }
    }

    public static void That(bool holds, string property)
    {
        if (!holds)
        {
            throw new FuzzException(property);
        }
    }

    public static void Equal<T>(T expected, T actual, string property)
    {
        if (!EqualityComparer<T>.Default.Equals(expected, actual))
        {
            throw new FuzzException($"{property}: expected {expected}, was {actual}");
        }
    }

    /// <summary>Returns what the parser returns; null if it throws the one exception that it may throw, whose message quotes the input.</summary>
    public static T? ParsedOrQuoted<T, TException>(Func<T> parse, string? input)
        where T : class
        where TException : Exception
    {
        try
        {
            return parse();
        }
        catch (TException refused)
        {
            Quotes(refused.Message, input);
            return null;
        }
    }

    /// <summary>Reads a file; the one failure that it may have is that the kernel does not write such a text.</summary>
    /// <returns>What was read; null after that failure.</returns>
    public static T? ReadOrRefused<T>(Func<T?> read)
        where T : class
    {
        try
        {
            return read();
        }
        catch (ProcfsException refused)
        {
            Equal(ProcfsError.ReadFailed, refused.Error, "a text that no kernel writes");
            That(refused.Message.Contains(": '", StringComparison.Ordinal), $"'{refused.Message}' quotes nothing");
            IsVisible(refused.Message);
            return null;
        }
    }

    /// <summary>Checks that a message has the beginning of the input in it, is short, and is safe for a terminal.</summary>
    public static void Quotes(string message, string? input)
    {
        That(message.Length <= MaxMessageLength + (MaxExpansion * (input?.Length ?? 0)), $"a message of {message.Length} characters");
        string beginning = input is null ? string.Empty : input[..Math.Min(input.Length, QuotedLength)];
        beginning = beginning.Length > 0 && char.IsHighSurrogate(beginning[^1]) ? beginning[..^1] : beginning;
        That(message.Contains(VisibleText.Escape(beginning), StringComparison.Ordinal), $"'{message}' does not quote '{beginning}'");
        IsVisible(message);
    }

    /// <summary>Checks with a table of its own that a text moves no cursor and begins no line.</summary>
    public static void IsVisible(string text)
    {
        foreach (Rune rune in text.EnumerateRunes())
        {
            UnicodeCategory category = CharUnicodeInfo.GetUnicodeCategory(rune.Value);
            bool isControl = rune.Value is < 0x20 or (>= 0x7f and < 0xa0) or 0x2028 or 0x2029 or (>= 0x202a and <= 0x202e) or (>= 0x2066 and <= 0x2069)
                || category is UnicodeCategory.Format or UnicodeCategory.Control or UnicodeCategory.PrivateUse;
            That(!isControl, $"U+{rune.Value:x4} is in '{text}'");
        }
    }

    /// <summary>A text that is only formatted if the property does not hold: nearly all hold.</summary>
    [InterpolatedStringHandler]
    public readonly ref struct Message
    {
        private readonly StringBuilder? _text;

        public Message(int literalLength, int formattedCount, bool holds, out bool isNeeded)
        {
            isNeeded = !holds;
            _text = isNeeded ? new StringBuilder(literalLength + (formattedCount * 8)) : null;
        }

        public void AppendLiteral(string text) => _text!.Append(text);

        public void AppendFormatted<T>(T value) => _text!.Append(value);

        public void AppendFormatted<T>(T value, string format)
            where T : IFormattable => _text!.Append(value.ToString(format, CultureInfo.InvariantCulture));

        public override string ToString() => _text!.ToString();
    }
}
