namespace PagemapTools.Procfs.Snapshots;

/// <summary>How the values of a column follow one another, so that a format can choose its encoding.</summary>
public enum SnapshotEncoding
{
    /// <summary>In no particular way.</summary>
    Plain,

    /// <summary>The difference between neighbours is small.</summary>
    Delta,

    /// <summary>Few values, each of them often.</summary>
    Dictionary,
}
