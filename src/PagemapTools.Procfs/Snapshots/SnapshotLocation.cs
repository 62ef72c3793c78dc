namespace PagemapTools.Procfs.Snapshots;

/// <summary>Where the files of one snapshot are in a dataset: TABLE, then the same host, date and name for each table.</summary>
/// <param name="Directory">The dataset.</param>
/// <param name="HostName">The name of the host.</param>
/// <param name="File">The path of a file below the directory of its table.</param>
internal sealed record SnapshotLocation(string Directory, string HostName, string File)
{
    /// <summary>Gets the path of the file of a table.</summary>
    public string GetPath(string table) => Path.Join(Directory, table, File);

    /// <summary>Finds the newest complete snapshot of a dataset.</summary>
    /// <param name="directory">The dataset.</param>
    /// <param name="hostName">The host; null if the dataset has only one.</param>
    /// <param name="time">The moment in UTC at which, or before which, the snapshot began; null for any.</param>
    /// <param name="extension">The ending of the names of files.</param>
    /// <exception cref="ProcfsException">There is no such snapshot, or the host is not named and there are several.</exception>
    public static SnapshotLocation Find(string directory, string? hostName, DateTime? time, string extension)
    {
        string summaries = Path.Join(directory, SnapshotFiles.SummaryTable);
        string[] hosts = [.. List(summaries, $"{SnapshotFiles.HostPrefix}*").Select(GetHostName)];
        if (hosts.Length == 0)
        {
            throw NotFound($"'{directory}' has no snapshots: there is no directory {SnapshotFiles.SummaryTable}/{SnapshotFiles.HostPrefix}NAME in it. Specify the directory that Export-PageSnapshot wrote to.");
        }

        if (hostName is not null && !hosts.Contains(hostName, StringComparer.Ordinal))
        {
            throw NotFound($"'{directory}' has no snapshot of the host '{hostName}'. It has {string.Join(", ", hosts)}.");
        }

        if (hostName is null && hosts.Length > 1)
        {
            throw new ProcfsException(ProcfsError.SnapshotHostUnknown, $"'{directory}' has snapshots of {hosts.Length} hosts: {string.Join(", ", hosts)}. Specify -HostName.", directory);
        }

        string host = hostName ?? hosts[0];
        string hostDirectory = $"{SnapshotFiles.HostPrefix}{Uri.EscapeDataString(host)}";
        string[] files = [.. List(Path.Join(summaries, hostDirectory), "date=*").SelectMany(date => List(date, $"*{extension}"))];

        // The names of files are in the order of time. Files that are being written begin with a dot.
        string? newest = files.Where(file => !Path.GetFileName(file).StartsWith('.') && (time is not { } end || IsFrom(file, end))).MaxBy(Path.GetFileName, StringComparer.Ordinal);
        return newest is not null
            ? new SnapshotLocation(directory, host, Path.GetRelativePath(summaries, newest))
            : throw NotFound(time is { } moment ? $"'{directory}' has no snapshot of {host} that began at {moment:u} or before." : $"'{directory}' has no complete snapshot of {host}.");

        ProcfsException NotFound(string message) => new(ProcfsError.SnapshotNotFound, message, directory);
    }

    private static bool IsFrom(string file, DateTime end)
    {
        string last = SnapshotFiles.FormatTime(end);
        return string.CompareOrdinal(Path.GetFileName(file), 0, last, 0, last.Length) <= 0;
    }

    private static string GetHostName(string directory) => Uri.UnescapeDataString(Path.GetFileName(directory)[SnapshotFiles.HostPrefix.Length..]);

    private static string[] List(string directory, string pattern)
    {
        try
        {
            string[] entries = System.IO.Directory.GetFileSystemEntries(directory, pattern, new EnumerationOptions { AttributesToSkip = 0, IgnoreInaccessible = false });
            Array.Sort(entries, StringComparer.Ordinal);
            return entries;
        }
        catch (Exception missing) when (missing is DirectoryNotFoundException or IOException)
        {
            return [];
        }
        catch (UnauthorizedAccessException denied)
        {
            throw new ProcfsException(ProcfsError.SnapshotNotReadable, denied.Message, directory);
        }
    }
}
