using System.Collections.Concurrent;

namespace PagemapTools.Procfs;

/// <summary>
/// Frames that the kernel's files do not answer for, though processes map them: sections that the kernel does not count among its
/// online memory (fs/proc/page.c, kpage_read; memory whose map it makes late, for one). They read 0, which looks measured.
/// Safe to use from several threads.
/// </summary>
/// <param name="kpageflags">The kernel's flags; null where they may not be read: then no frame is known to be blind.</param>
internal sealed class BlindFrames(PageEntryFile? kpageflags)
{
    // A section of x86-64 and arm64 is 128 MiB (SECTION_SIZE_BITS); with pages of 64 KiB it is 512 MiB, of which this is a part. One
    // frame without any flag is common; 128 MiB of them are not.
    private static readonly int s_sectionFrames = (128 << 20) >> PageGeometry.PageShift;

    private readonly ConcurrentDictionary<ulong, bool> _sections = new();

    /// <summary>Whether what was read of a page's frame says nothing: 0, of a frame that a process maps and that is one of them.</summary>
    public bool Explain(ulong word, PagemapEntry page, ulong frame) =>
        word == 0 && page.IsPresent && kpageflags is not null && _sections.GetOrAdd(frame / (ulong)s_sectionFrames, IsBlind);

    private bool IsBlind(ulong section)
    {
        ulong[] flags = new ulong[s_sectionFrames];
        return kpageflags!.Read(section * (ulong)s_sectionFrames, flags) == s_sectionFrames && !flags.AsSpan().ContainsAnyExcept(0UL);
    }
}
