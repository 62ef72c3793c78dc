using System.Globalization;

namespace PagemapTools.Procfs.Core;

/// <summary>Where proc is mounted. A container that sees the host's proc elsewhere, and a test with a made-up tree, name another place.</summary>
public sealed class ProcRoot
{
    /// <summary>The environment variable that replaces the default of /proc.</summary>
    public const string EnvironmentVariable = "PAGEMAPTOOLS_PROC";

    private const string DefaultPath = "/proc";

    /// <summary>Creates a root at a path; null or empty takes the environment variable, and without it /proc.</summary>
    public ProcRoot(string? path = null)
    {
        string chosen = !string.IsNullOrEmpty(path) ? path
            : Environment.GetEnvironmentVariable(EnvironmentVariable) is { Length: > 0 } named ? named
            : DefaultPath;
        Path = System.IO.Path.TrimEndingDirectorySeparator(chosen);
    }

    /// <summary>The directory.</summary>
    public string Path { get; }

    /// <summary>Whether this is /proc, whose process ids are those by which the caller knows the processes.</summary>
    public bool IsDefault => Path == DefaultPath;

    /// <summary>The tree of the calling process.</summary>
    internal static ProcRoot Default { get; } = new(DefaultPath);

    /// <summary>The processes that are visible in this root, in ascending order of their ids.</summary>
    public IReadOnlyList<int> GetProcessIds()
    {
        List<int> ids = [];
        foreach (string directory in Directory.EnumerateDirectories(Path))
        {
            if (int.TryParse(System.IO.Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out int id))
            {
                ids.Add(id);
            }
        }

        ids.Sort();
        return ids;
    }

    internal string GetPath(string file) => $"{Path}/{file}";

    internal string GetPath(int processId, string file) => string.Create(CultureInfo.InvariantCulture, $"{Path}/{processId}/{file}");

    internal bool Exists(int processId) => Directory.Exists(GetPath(processId, string.Empty));
}
