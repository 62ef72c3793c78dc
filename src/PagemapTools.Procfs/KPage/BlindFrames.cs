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
    // A section of x86-64 and arm64 (SECTION_SIZE_BITS, 128 MiB of 4 KiB pages). A free or used frame without any flag is common, so
    // many side by side are not.
    private const int SectionFrames = 1 << 15;

    private readonly ConcurrentDictionary<ulong, bool> _sections = new();

    /// <summary>Whether what was read of a page's frame says nothing: 0, of a frame that a process maps and that is one of them.</summary>
    public bool Explain(ulong word, PagemapEntry page, ulong frame) =>
        word == 0 && page.IsPresent && kpageflags is not null && _sections.GetOrAdd(frame / SectionFrames, IsBlind);

    private bool IsBlind(ulong section)
    {
        ulong[] flags = new ulong[SectionFrames];
        return kpageflags!.Read(section * SectionFrames, flags) == SectionFrames && !flags.AsSpan().ContainsAnyExcept(0UL);
    }
}
