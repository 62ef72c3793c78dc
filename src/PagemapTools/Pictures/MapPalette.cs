namespace PagemapTools.Pictures;

/// <summary>A colour of the 256 of a terminal, and a darker one of the same hue.</summary>
internal readonly record struct MapColor(int Bright, int Dark);

/// <summary>The letter and the colour of each category of a map.</summary>
internal sealed class MapPalette
{
    private static readonly MapColor s_green = new(34, 22);
    private static readonly MapColor s_blue = new(33, 18);
    private static readonly MapColor s_red = new(196, 88);
    private static readonly MapColor s_yellow = new(220, 100);
    private static readonly MapColor s_orange = new(208, 130);
    private static readonly MapColor s_cyan = new(44, 30);
    private static readonly MapColor s_magenta = new(170, 90);
    private static readonly MapColor s_purple = new(99, 54);
    private static readonly MapColor s_brown = new(137, 94);
    private static readonly MapColor s_lime = new(154, 64);
    private static readonly MapColor s_pink = new(211, 132);
    private static readonly MapColor s_gray = new(247, 240);
    private static readonly MapColor s_dim = new(239, 236);

    // For flags, cgroups and nodes, in the order of the legend.
    private static readonly MapColor[] s_cycle =
        [s_green, s_blue, s_yellow, s_magenta, s_cyan, s_orange, s_purple, s_lime, s_pink, s_brown];

    // A page in swap is red, and a page that nobody else maps is green, in every map.
    private static readonly Dictionary<string, MapColor> s_colors = new(StringComparer.Ordinal)
    {
        ["Private"] = s_green, ["Shared"] = s_blue, ["Swapped"] = s_red, ["SwappedShared"] = s_pink, ["NotMapped"] = s_cyan,
        ["Guard"] = s_yellow, ["Poisoned"] = s_magenta, ["UffdMarker"] = s_brown, ["Migration"] = s_orange, ["Device"] = s_purple,
        ["ZeroPage"] = s_lime, ["ZERO_PAGE"] = s_lime, ["Unknown"] = s_gray, ["Other"] = s_gray, ["NoneOfThese"] = s_gray, ["Present"] = s_green,
        ["Anonymous"] = s_green, ["ANON"] = s_green, ["PageCache"] = s_yellow, ["SharedMemory"] = s_blue, ["SwapCache"] = s_orange, ["Hugetlb"] = s_cyan,
        ["PageTable"] = s_purple, ["Slab"] = s_magenta, ["SLAB"] = s_magenta, ["Kernel"] = s_brown, ["Reserved"] = s_pink, ["HardwarePoison"] = s_red, ["HWPOISON"] = s_red,
        ["Free"] = s_dim, ["BUDDY"] = s_dim, ["Offline"] = s_dim, ["THP"] = s_cyan,
        ["0"] = s_gray, ["1"] = s_green, ["2"] = s_cyan, ["3 to 8"] = s_blue, ["9 to 64"] = s_purple, ["65 and more"] = s_magenta,
        ["ChangedNow"] = s_red, ["Last5Seconds"] = s_orange, ["Last30Seconds"] = s_yellow, ["Unchanged"] = s_dim, ["no cgroup"] = s_gray,
    };

    private readonly Dictionary<int, (char Letter, MapColor Color)> _styles = [];

    public MapPalette(PageCellMap map)
    {
        // All categories take part, so that a letter does not depend on what occurs; those of cgroups and nodes are in the order of the legend.
        // Present is the last: maps show what present pages are.
        bool isSorted = map.By is PageCellKey.Cgroup or PageCellKey.Node;
        HashSet<char> used = [];
        int color = 0;
        foreach (PageCategory category in isSorted ? map.Legend.Concat(map.Categories) : map.Categories.OrderBy(category => category.Name == nameof(PageState.Present) ? 2 : category.IsPresent ? 0 : 1))
        {
            if (!_styles.ContainsKey(category.Index))
            {
                MapColor known = s_colors.TryGetValue(category.Name, out MapColor named) ? named : s_cycle[color++ % s_cycle.Length];
                _styles.Add(category.Index, (ChooseLetter(category.Name, used), known));
            }
        }
    }

    /// <summary>Gets the letter, upper case or a digit, and the colour of a category.</summary>
    public (char Letter, MapColor Color) this[int category] => _styles[category];

    // A digit says more than a letter: of a node, of a map count, of an age.
    private static char ChooseLetter(string name, HashSet<char> used)
    {
        IEnumerable<char> letters = name.Where(char.IsAsciiDigit).Concat(name.Where(char.IsAsciiLetter).Select(char.ToUpperInvariant))
            .Concat(Enumerable.Range('A', 26).Select(letter => (char)letter));
        char free = letters.FirstOrDefault(letter => !used.Contains(letter), '+');
        used.Add(free);
        return free;
    }
}
