using System.Buffers;
using System.Text;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Names as the kernel writes them into the files of proc: some bytes as a backslash and three octal digits (fs/seq_file.c,
/// mangle_path), the rest as they are, in no promised encoding.
/// </summary>
internal static class SeqFileText
{
    /// <summary>
    /// Decodes the escapes of the characters that the file at hand escapes (in maps only the newline: a backslash stands for
    /// itself there), and shows a byte that is not UTF-8 as <c>\xNN</c>.
    /// </summary>
    public static string Unescape(ReadOnlySpan<byte> name, string escaped)
    {
        if (name.IndexOf((byte)'\\') < 0)
        {
            return Decode(name);
        }

        byte[] bytes = new byte[name.Length];
        int length = 0;
        for (int i = 0; i < name.Length; i++)
        {
            int character = ParseEscape(name[i..]);
            bool isEscape = character >= 0 && escaped.Contains((char)character, StringComparison.Ordinal);
            bytes[length++] = isEscape ? (byte)character : name[i];
            i += isEscape ? 3 : 0;
        }

        return Decode(bytes.AsSpan(0, length));
    }

    /// <summary>Bytes as text, a byte that is not UTF-8 as <c>\xNN</c>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        StringBuilder text = new(bytes.Length);
        while (!bytes.IsEmpty)
        {
            OperationStatus status = Rune.DecodeFromUtf8(bytes, out Rune rune, out int consumed);
            if (status == OperationStatus.Done)
            {
                text.Append(rune.ToString());
            }
            else
            {
                foreach (byte invalid in bytes[..consumed])
                {
                    text.Append("\\x").Append(invalid.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
                }
            }

            bytes = bytes[consumed..];
        }

        return text.ToString();
    }

    private static int ParseEscape(ReadOnlySpan<byte> text) =>
        text.Length > 3 && text[0] == '\\' && IsOctal(text[1]) && IsOctal(text[2]) && IsOctal(text[3])
            ? ((text[1] - '0') << 6) | ((text[2] - '0') << 3) | (text[3] - '0')
            : -1;

    private static bool IsOctal(byte digit) => digit is >= (byte)'0' and <= (byte)'7';
}
