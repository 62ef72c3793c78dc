namespace PagemapTools.TestProcesses.Machine;

/// <summary>Sets files under /proc/sys or /sys for the lifetime of the test process.</summary>
internal static class SystemSetting
{
    public static string Read(string path)
    {
        try
        {
            string text = File.ReadAllText(path).Trim();
            int open = text.IndexOf('[', StringComparison.Ordinal);
            return open < 0 ? text : text[(open + 1)..text.IndexOf(']', StringComparison.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SkippedException($"{path}: {e.Message}");
        }
    }

    public static long ReadNumber(string path) => long.Parse(Read(path));

    /// <summary>Sets a value; the context restores the old value at the end.</summary>
    public static void Set(Context context, string path, string value)
    {
        string before = Read(path);
        if (!before.Equals(value, StringComparison.Ordinal))
        {
            Write(path, value);
            context.OnExit(() => Write(path, before));
        }
    }

    /// <summary>Tries to set a value; returns false if the file is missing or not writable.</summary>
    public static bool TrySet(Context context, string path, string value) => Try(() => Set(context, path, value));

    public static bool TryWrite(string path, string value) => Try(() => Write(path, value));

    public static void Write(string path, string value)
    {
        try
        {
            File.WriteAllText(path, value);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SkippedException($"{path} = {value}: {e.Message}");
        }
    }

    private static bool Try(Action change)
    {
        try
        {
            change();
            return true;
        }
        catch (SkippedException)
        {
            return false;
        }
    }
}
