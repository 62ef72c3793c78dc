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
