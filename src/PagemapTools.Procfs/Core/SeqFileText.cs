using System.Buffers;
using System.Text;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Decodes names from the files of proc. The kernel writes some bytes as a backslash and three octal digits (fs/seq_file.c,
/// mangle_path) and all others unchanged. A name may be in any encoding.
/// </summary>
internal static class SeqFileText
{
    /// <summary>
    /// Decodes the escapes of <paramref name="escaped"/>, the characters that the kernel escapes in this file. maps escapes the newline
    /// alone, so a backslash there is a backslash. A byte that is not UTF-8 becomes <c>\xNN</c>.
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

    /// <summary>Decodes UTF-8. A byte that is not UTF-8 becomes <c>\xNN</c>.</summary>
    public static string Decode(ReadOnlySpan<byte> bytes)
    {
        if (Ascii.IsValid(bytes))
        {
            return Encoding.ASCII.GetString(bytes);
        }

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
        text.Length > 3 && text[0] == '\\' && ProcNumber.TryParseOctal(text[1..4], out ulong character, byte.MaxValue) ? (int)character : -1;
}
