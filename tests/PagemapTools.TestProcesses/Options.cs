namespace PagemapTools.TestProcesses;

/// <summary>The key=value arguments; a key that the test process does not read is an error.</summary>
internal sealed class Options
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);
    // Every test process accepts stop=1 and ignores it: the test sends SIGSTOP.
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal) { "stop" };

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

    public string GetText(string key, string fallback)
    {
        _accepted.Add(key);
        return _values.GetValueOrDefault(key, fallback);
    }

    /// <summary>Accepts keys that the test process may not read.</summary>
    public void Accept(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _accepted.Add(key);
        }
    }

    public int GetNumber(string key, int fallback) => int.Parse(GetText(key, fallback.ToString()));

    public bool GetFlag(string key) => GetText(key, "0") is not "0";

    /// <summary>Returns a page list. A given list must lie inside the region; the fallback is cut to the region.</summary>
    public int[] GetPages(string key, string fallback, int pageCount)
    {
        string given = GetText(key, "");
        return given.Length > 0
            ? PageList.Parse(given, pageCount)
            : [.. PageList.Parse(fallback, Math.Max(pageCount, 16)).Where(page => page < pageCount)];
    }

    /// <summary>Returns bytes; the suffixes KiB, MiB, GiB, TiB (or K, M, G, T) are powers of 1024.</summary>
    public long GetSize(string key, string fallback)
    {
        string text = GetText(key, fallback);
        string digits = text.TrimEnd('i', 'B');
        int shift = char.ToUpperInvariant(digits[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, 'T' => 40, _ => 0 };
        return checked((long)(decimal.Parse(shift == 0 ? digits : digits[..^1]) * (1L << shift)));
    }

    public void RejectUnknown()
    {
        string[] unknown = [.. _values.Keys.Except(_accepted, StringComparer.Ordinal)];
        if (unknown.Length > 0)
        {
            throw new TestProcessException($"unknown key {string.Join(", ", unknown)}; known: {string.Join(", ", _accepted)}");
        }
    }
}
