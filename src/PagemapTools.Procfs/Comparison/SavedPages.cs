using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Comparison;

/// <summary>Pages that the caller has kept from an earlier reading.</summary>
internal static class SavedPages
{
    /// <summary>Selects the pages that a walk with the same options would deliver, in ascending order of address.</summary>
    /// <exception cref="InvalidDataException">The pages are of several processes, or have an address twice.</exception>
    public static IReadOnlyList<ProcessPageInfo> Select(IEnumerable<ProcessPageInfo> pages, PageWalkOptions options)
    {
        IReadOnlyList<AddressRange> ranges = AddressRange.Normalize(options.Addresses);
        List<ProcessPageInfo> selected =
        [
            .. pages.Where(page => (options.Mappings?.Invoke(page.Mapping) ?? true)
                && (ranges.Count == 0 || ranges.Any(range => page.Address >= range.Start && page.Address < range.End))),
        ];
        for (int i = 1; i < selected.Count; i++)
        {
            if (selected[i].ProcessId != selected[0].ProcessId)
            {
                throw new InvalidDataException($"The pages are of several processes, {selected[0].ProcessId} and {selected[i].ProcessId}: compare one process at a time.");
            }
        }

        selected.Sort((first, second) => first.Address.CompareTo(second.Address));
        for (int i = 1; i < selected.Count; i++)
        {
            if (selected[i].Address == selected[i - 1].Address)
            {
                throw new InvalidDataException($"The pages have the address 0x{selected[i].Address:x} twice: compare the pages of one moment.");
            }
        }

        return selected;
    }
}
