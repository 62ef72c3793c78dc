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
    // A section of x86-64 and arm64 is 128 MiB (SECTION_SIZE_BITS); with 64 KiB pages it is 512 MiB. A tracked page frame without any
    // flag is common; 128 MiB of them are not.
    private static readonly int s_sectionFrames = (128 << 20) >> PageGeometry.PageShift;

    private readonly ConcurrentDictionary<ulong, bool> _sections = new();

    /// <summary>Whether the word of a page's frame is 0 because the kernel does not track the frame.</summary>
    public bool IsUntracked(ulong word, PagemapEntry page, ulong frame) =>
        word == 0 && page.IsPresent && kpageflags is not null && _sections.GetOrAdd(frame / (ulong)s_sectionFrames, IsSectionUntracked);

    private bool IsSectionUntracked(ulong section)
    {
        ulong[] flags = new ulong[s_sectionFrames];
        return kpageflags!.Read(section * (ulong)s_sectionFrames, flags) == s_sectionFrames && !flags.AsSpan().ContainsAnyExcept(0UL);
    }
}
