using System.Reflection;

namespace PagemapTools.Completion;

/// <summary>The documentation of each flag of KPageFlags, which the build embeds (FlagHelp.xslt).</summary>
internal static class FlagHelp
{
    private const string Resource = "FlagHelp.txt";

    private static readonly Lazy<Dictionary<string, string>> s_summaries = new(Read);

    /// <summary>Finds the summary of a flag; null if there is none.</summary>
    public static string? Find(string flag) => s_summaries.Value.GetValueOrDefault(flag);

    private static Dictionary<string, string> Read()
    {
        using StreamReader reader = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(Resource)!);
        return reader.ReadToEnd()
            .Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => line.Split('\t'))
            .ToDictionary(fields => fields[0], fields => fields[1], StringComparer.Ordinal);
    }
}
