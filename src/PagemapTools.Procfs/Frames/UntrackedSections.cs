using System.Collections.Concurrent;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Sections of memory that the kernel leaves out of /proc/kpage* though processes map their frames: sections that it does not count
/// among its online memory (fs/proc/page.c, kpage_read), such as memory whose map it initialises late. Their words read 0, which looks
/// like a measured value. Safe to use from several threads.
/// </summary>
/// <param name="kpageflags">The kernel's flags; null where they may not be read: then every section counts as tracked.</param>
internal sealed class UntrackedSections(PageIndexedFile? kpageflags)
{
    // A section of x86-64 and arm64 (SECTION_SIZE_BITS, 128 MiB of 4 KiB pages). A tracked frame without any flag is common; a tracked
    // section without any is not.
    private const int SectionFrames = 1 << 15;

    private readonly ConcurrentDictionary<ulong, bool> _sections = new();

    /// <summary>Whether the word of a page's frame is 0 because the kernel does not track the frame.</summary>
    public bool IsUntracked(ulong word, PagemapEntry page, ulong frame) =>
        word == 0 && page.IsPresent && kpageflags is not null && _sections.GetOrAdd(frame / SectionFrames, IsSectionUntracked);

    private bool IsSectionUntracked(ulong section)
    {
        ulong[] flags = new ulong[SectionFrames];
        return kpageflags!.Read(section * SectionFrames, flags) == SectionFrames && !flags.AsSpan().ContainsAnyExcept(0UL);
    }
}
