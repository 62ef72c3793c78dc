namespace PagemapTools.Procfs.Snapshots;

/// <summary>A file format that tables can be written in. The library has none itself, so that it needs no other library.</summary>
public interface ISnapshotFormat
{
    /// <summary>The ending of the names of files, with the dot.</summary>
    string Extension { get; }

    /// <summary>Begins a file.</summary>
    /// <param name="stream">Receives the file; it stays open.</param>
    /// <param name="columns">The columns, in their order; of their values none is read yet.</param>
    /// <param name="metadata">What the file says about itself.</param>
    ISnapshotWriter CreateWriter(Stream stream, IReadOnlyList<SnapshotColumn> columns, IReadOnlyDictionary<string, string> metadata);

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="InvalidDataException">The file does not have this format, or is damaged.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The caller may not read the file.</exception>
    ISnapshotReader OpenReader(string path);
}

/// <summary>Writes one file of a snapshot.</summary>
public interface ISnapshotWriter
{
    /// <summary>Writes a batch of rows.</summary>
    /// <param name="columns">The columns with the values of these rows: the columns of the file, or others that are defined alike.</param>
    void Write(IReadOnlyList<SnapshotColumn> columns);

    /// <summary>Writes the end of the file. Without it the file is not readable.</summary>
    void Complete();
}

/// <summary>Reads one file of a snapshot.</summary>
public interface ISnapshotReader : IDisposable
{
    /// <summary>What the file says about itself.</summary>
    IReadOnlyDictionary<string, string> Metadata { get; }

    /// <summary>Reads the next batch of rows.</summary>
    /// <param name="columns">Receive the values, by their names. A column that the file lacks receives unknown values.</param>
    /// <returns>False at the end of the file.</returns>
    /// <exception cref="InvalidDataException">The file is damaged, or a column has another type.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    bool Read(IReadOnlyList<SnapshotColumn> columns);
}
