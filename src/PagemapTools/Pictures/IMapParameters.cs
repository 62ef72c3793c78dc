namespace PagemapTools.Pictures;

/// <summary>The parameters of the cmdlets that draw maps.</summary>
internal interface IMapParameters
{
    /// <summary>The property by which pages are told apart.</summary>
    PageCellKey By { get; }

    /// <summary>The flags of -By Flag: a page counts as the first of them that it has.</summary>
    KPageFlags[] Flag { get; }

    /// <summary>The characters of a line; by default those of the window.</summary>
    int Width { get; }

    /// <summary>The lines of a picture; by default those of the window.</summary>
    int Height { get; }

    /// <summary>Draws again and again until Ctrl+C, in place on a terminal.</summary>
    bool IsWatching { get; }

    /// <summary>Seconds between the beginnings of two pictures.</summary>
    double SampleInterval { get; }

    /// <summary>The number of pictures.</summary>
    long MaxSamples { get; }
}
