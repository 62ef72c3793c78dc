using System.Text;

namespace PagemapTools.Fuzz;

/// <summary>Makes inputs from seeds: the same input from the same number.</summary>
internal sealed class Mutator(IReadOnlyList<byte[]> seeds)
{
    private const int MaxMutations = 8;
    private const int MaxLength = 16 * 1024;

    // One input of so many has random bytes alone.
    private const int RandomInputs = 16;

    private static readonly byte[][] s_tokens =
    [
        .. new[]
        {
            "0", "00", "-1", "1", "9", "18446744073709551615", "18446744073709551616", "4294967295", "4294967296", "2147483648", "9223372036854775807",
            "9223372036854775808", "ffffffffffffffff", "10000000000000000", "7fffffffffff", "0x", "0X", "~", "=", ",", "-", "+", " ", "\t", "\n", "\r", "\0",
            "\v", ":", ";", "/", "\\", "\\012", "\\777", "\\134", "(", ")", ") ", "(deleted)", " (deleted)", "//", "[", "]", "[heap]", " - ", "bit63", "bit64",
            "KPF_", "\u001b[2J", "\u001b]0;", "\a", "\b", "\u007f", "\u009b", "\u202e", "\u2028", "\u2066", "\ufeff", "\u00ad", "\U000e0041", "\ue000", "é", "漢",
            "\uffff", "rw-p", "memory", "cgroup", "cgroup2", "partition", "file", "virtual", " kB\n", "Swap:", "Private_Hugetlb:",
        }.Select(Encoding.UTF8.GetBytes),
        [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff, 0xfe], [0xe2, 0x80], [0x1f, 0x8b],
    ];

    /// <summary>Creates the input of a number.</summary>
    public byte[] Create(int number)
    {
        Numbers random = new(number);
        if (random.Next(RandomInputs) == 0)
        {
            byte[] bytes = new byte[random.Next(64)];
            random.Fill(bytes);
            return bytes;
        }

        byte[] input = seeds[random.Next(seeds.Count)];
        for (int mutations = random.Next(MaxMutations); mutations >= 0; mutations--)
        {
            input = Mutate(input, ref random);
        }

        return input.Length <= MaxLength ? input : input[..MaxLength];
    }

    /// <summary>Removes halves, then smaller parts, then makes bytes plain: smaller inputs first.</summary>
    public static IEnumerable<byte[]> Shrink(byte[] input)
    {
        for (int length = input.Length / 2; length > 0; length /= 2)
        {
            for (int first = 0; first + length <= input.Length; first += length)
            {
                yield return [.. input[..first], .. input[(first + length)..]];
            }
        }

        for (int i = 0; i < input.Length; i++)
        {
            if (input[i] is not (byte)'0' and not (byte)' ')
            {
                yield return [.. input[..i], (byte)'0', .. input[(i + 1)..]];
            }
        }
    }

    private byte[] Mutate(byte[] input, ref Numbers random)
    {
        int first = random.Next(input.Length + 1);
        int end = Math.Min(input.Length, first + random.Next(1, 1 + Math.Max(1, random.Next(2) == 0 ? 4 : input.Length)));
        byte[] token = s_tokens[random.Next(s_tokens.Length)];
        switch (random.Next(8))
        {
            case 0:
                return [.. input[..first], .. token, .. input[first..]];
            case 1:
                return [.. input[..first], .. token, .. input[end..]];
            case 2:
                return [.. input[..first], .. input[end..]];
            case 3:
                return [.. input[..end], .. input[first..]];
            case 4:
                return input[..first];
            case 5:
                byte[] other = seeds[random.Next(seeds.Count)];
                return [.. input[..first], .. other[random.Next(other.Length + 1)..]];
            case 6 when first < input.Length:
                return [.. input[..first], (byte)(input[first] ^ (1 << random.Next(8))), .. input[(first + 1)..]];
            default:
                return [.. input[..first], (byte)random.Next(256), .. input[first..]];
        }
    }

    /// <summary>SplitMix64. System.Random with a seed needs longer to begin than a parser to parse.</summary>
    private struct Numbers(int seed)
    {
        private ulong _state = (ulong)seed;

        public int Next(int end)
        {
            _state += 0x9e3779b97f4a7c15;
            ulong value = (_state ^ (_state >> 30)) * 0xbf58476d1ce4e5b9;
            value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
            return (int)((value ^ (value >> 31)) % (ulong)end);
        }

        public int Next(int first, int end) => first + Next(end - first);

        public void Fill(Span<byte> bytes)
        {
            foreach (ref byte each in bytes)
            {
                each = (byte)Next(256);
            }
        }
    }
}
