using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Frames;

/// <summary>How many pages have one combination of flags: a line of page-types' summary.</summary>
public sealed class KPageFlagsSummary
{
    internal KPageFlagsSummary(KPageFlags flags, long pageCount)
    {
        Flags = flags;
        PageCount = pageCount;
    }

    /// <summary>The combination.</summary>
    public KPageFlags Flags { get; }

    /// <summary>The combination as a number.</summary>
    public ulong FlagsValue => (ulong)Flags;

    /// <summary>The names of the flags, separated by commas; a bit without a name as its number.</summary>
    public string FlagNames => KPageFlagsNames.Format(Flags);

    /// <summary>The flags as page-types' row of letters.</summary>
    public string SymbolicFlags => KPageFlagsNames.FormatLetters(Flags);

    /// <summary>The number of pages.</summary>
    public long PageCount { get; }

    /// <summary>Their size in bytes.</summary>
    public long Bytes => PageCount << PageGeometry.PageShift;
}
