namespace PagemapTools.Procfs.Frames;

/// <summary>The number of pages with one combination of flags: a line of page-types' summary.</summary>
public sealed class KPageFlagsSummary
{
    internal KPageFlagsSummary(KPageFlags flags, long pageCount)
    {
        Flags = flags;
        PageCount = pageCount;
    }

    /// <summary>The combination of flags.</summary>
    public KPageFlags Flags { get; }

    /// <summary>The combination as a number.</summary>
    public ulong FlagsValue => (ulong)Flags;

    /// <summary>The names of the flags, separated by commas; a bit without a name is written <c>bit57</c>.</summary>
    public string FlagNames => KPageFlagsNames.Format(Flags);

    /// <summary>The flags in page-types' symbolic form, one letter each.</summary>
    public string SymbolicFlags => KPageFlagsNames.FormatLetters(Flags);

    /// <summary>The number of pages.</summary>
    public long PageCount { get; }

    /// <summary>The size of the pages in bytes.</summary>
    public long Bytes => PageCount << PageGeometry.PageShift;
}
