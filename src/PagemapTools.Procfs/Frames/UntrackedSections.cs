using System.Collections.Concurrent;
using PagemapTools.Procfs.Entries;

namespace PagemapTools.Procfs.Frames;

/// <summary>
/// Sections of memory whose words in /proc/kpage* read 0 although processes map their page frames. The kernel does so for memory that it
/// does not count as online (fs/proc/page.c, kpage_read), such as memory whose struct pages it has not initialised yet. Such a 0 is not
/// a value. Safe to use from several threads.
/// </summary>
/// <param name="kpageflags">The file of flags; null if the caller may not read it. Every section then counts as tracked.</param>
internal sealed class UntrackedSections(PageIndexedFile? kpageflags)
{
    private readonly ConcurrentDictionary<ulong, bool> _sections = new();

    /// <summary>Whether a word is 0 because the kernel does not track the page frame.</summary>
    /// <param name="word">The page frame's word of one of the files.</param>
    /// <param name="page">The entry of a page.</param>
    /// <param name="pfn">The page frame number of that page.</param>
    public bool IsUntracked(ulong word, PagemapEntry page, ulong pfn) =>
        word == 0 && page.IsPresent && kpageflags is not null && _sections.GetOrAdd(pfn / (ulong)PageGeometry.SectionFrames, IsSectionUntracked);

    // A tracked page frame without flags is common, a whole section of them is not.
    private bool IsSectionUntracked(ulong section)
    {
        ulong[] flags = new ulong[PageGeometry.SectionFrames];
        return kpageflags!.Read(section * (ulong)flags.Length, flags) == flags.Length && !flags.AsSpan().ContainsAnyExcept(0UL);
    }
}
