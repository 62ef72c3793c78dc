namespace PagemapTools.TestProcesses;

/// <summary>The key=value arguments; a key that the test process does not read is an error.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    // Every test process accepts stop=1 and ignores it: the test sends SIGSTOP.
    private readonly HashSet<string> _known = new(StringComparer.Ordinal) { "stop" };

    public Options(IEnumerable<string> arguments)
    {
        foreach (string argument in arguments)
        {
            int separator = argument.IndexOf('=', StringComparison.Ordinal);
            if (separator < 1)
            {
                throw new ArgumentException($"'{argument}' is not key=value", nameof(arguments));
            }

            _values[argument[..separator]] = argument[(separator + 1)..];
        }
    }

    public string Text(string key, string fallback)
    {
        _known.Add(key);
        return _values.GetValueOrDefault(key, fallback);
    }

    /// <summary>Accepts keys that the test process may not read.</summary>
    public void Know(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _known.Add(key);
        }
    }

    public int Number(string key, int fallback) => int.Parse(Text(key, fallback.ToString()));

    public bool Flag(string key) => Text(key, "0") is not "0";

    /// <summary>Returns a page list. A given list must lie inside the region; the fallback is cut to the region.</summary>
    public int[] Pages(string key, string fallback, int pageCount)
    {
        string given = Text(key, "");
        return given.Length > 0
            ? PageList.Parse(given, pageCount)
            : [.. PageList.Parse(fallback, Math.Max(pageCount, 16)).Where(page => page < pageCount)];
    }

    /// <summary>Returns bytes; the suffixes KiB, MiB, GiB, TiB (or K, M, G, T) are powers of 1024.</summary>
    public long Size(string key, string fallback)
    {
        string text = Text(key, fallback);
        string digits = text.TrimEnd('i', 'B');
        int shift = char.ToUpperInvariant(digits[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        return checked((long)(decimal.Parse(shift == 0 ? digits : digits[..^1]) * (1L << shift)));
    }

    public void RejectUnknown()
    {
        string[] unknown = [.. _values.Keys.Except(_known, StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            throw new TestProcessException($"unknown key {string.Join(", ", unknown)}; known: {string.Join(", ", _known)}");
        }
    }
}
