using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Cells;

/// <summary>
/// The categories of one property. The first are the states of pages, by number; those of present pages follow. Several threads may classify
/// pages at once.
/// </summary>
internal sealed class CellCategories
{
    /// <summary>Pages that are not populated; addresses without memory in a map of page frames.</summary>
    public const int Empty = (int)PageState.Unpopulated;

    /// <summary>A present page before its age is known.</summary>
    public const int Present = (int)PageState.Present;

    // More cgroups than this are shown as one.
    private const int MaxGroups = 256;

    private static readonly int s_first = Enum.GetValues<PageState>().Length;
    private static readonly (ulong Min, string Name)[] s_mapCounts = [(0, "0"), (1, "1"), (2, "2"), (3, "3 to 8"), (9, "9 to 64"), (65, "65 and more")];

    private readonly PageCellQuery _query;
    private readonly List<string> _names = [.. Enum.GetNames<PageState>()];
    private readonly Dictionary<ulong, int> _groups = [];
    private readonly FlagTest[] _flags;
    private readonly int _unknown;
    private readonly int _other;

    private readonly record struct FlagTest(ulong Mask, int Category);

    public CellCategories(PageCellQuery query, bool isOfFrames)
    {
        _query = query;
        _names[Empty] = isOfFrames ? nameof(PageUse.NotMemory) : _names[Empty];
        _names.AddRange(query.By switch
        {
            PageCellKey.State => ["Private", "Shared", nameof(PageUse.ZeroPage), .. query.IsDetailed ? (string[])["PrivateLarge", "SharedAnonymous"] : []],
            PageCellKey.Kind => Enum.GetNames<PageUse>(),
            PageCellKey.Flag => [.. query.Flags.Select(KPageFlagsNames.Format), "NoneOfThese"],
            PageCellKey.MapCount => s_mapCounts.Select(range => range.Name),
            PageCellKey.Age => PageCellAges.Names,
            _ => [],
        });
        _flags = [.. query.Flags.Select((flag, i) => new FlagTest((ulong)flag, s_first + i))];
        Free = AddName(nameof(PageUse.Free));
        _unknown = AddName("Unknown");
        _other = AddName("Other");
    }

    /// <summary>Free page frames, in the maps that would not tell them from others.</summary>
    public int Free { get; }

    public static int Private => s_first;

    public static int Shared => s_first + 1;

    public static int ZeroPage => s_first + 2;

    /// <summary>Anonymous memory in large folios, in a detailed map.</summary>
    public static int PrivateLarge => s_first + 3;

    /// <summary>Anonymous memory that processes share since a fork, in a detailed map.</summary>
    public static int SharedAnonymous => s_first + 4;

    public static int Swapped => (int)PageState.Swapped;

    /// <summary>The category of the first age.</summary>
    public static int FirstAge => s_first;

    /// <summary>The category of a page frame by its flags.</summary>
    public int FromFlags(ulong word)
    {
        if (word == PfnBatchReader.NoValue)
        {
            return _unknown;
        }

        foreach (FlagTest flag in _flags)
        {
            if ((word & flag.Mask) != 0)
            {
                return flag.Category;
            }
        }

        return s_first + _flags.Length;
    }

    public static int FromUse(PageUse use) => s_first + (int)use;

    public int FromMapCount(ulong count)
    {
        if (count == PfnBatchReader.NoValue)
        {
            return _unknown;
        }

        int range = s_mapCounts.Length - 1;
        while (count < s_mapCounts[range].Min)
        {
            range--;
        }

        return s_first + range;
    }

    /// <summary>The category of the inode of a cgroup, or of the number of a node.</summary>
    public int FromGroup(ulong? group)
    {
        if (group is null or PfnBatchReader.NoValue)
        {
            return _unknown;
        }

        lock (_groups)
        {
            if (!_groups.TryGetValue(group.Value, out int category))
            {
                if (_groups.Count == MaxGroups)
                {
                    return _other;
                }

                category = AddName(string.Empty);
                _groups.Add(group.Value, category);
            }

            return category;
        }
    }

    /// <summary>Creates the categories of a map from its cells.</summary>
    public IReadOnlyList<PageCategory> Create(ProcfsContext procfs, IEnumerable<PageCellSection> sections, long emptyPages, CancellationToken cancellationToken)
    {
        foreach ((ulong group, int category) in _groups)
        {
            _names[category] = _query.By == PageCellKey.Node ? $"node {group}" : GetCgroupName(procfs.Cgroups, group, cancellationToken);
        }

        emptyPages += sections.Sum(section => section.Cells.Sum(cell => cell.GetPageCount(Empty)));
        return Recount([.. _names.Select((name, i) => new PageCategory(i, name, i >= s_first || i == Present, i == Empty ? emptyPages : 0))], sections);
    }

    /// <summary>Counts the pages of each category again, except for the empty ones, some of which are in no cell.</summary>
    public static IReadOnlyList<PageCategory> Recount(IReadOnlyList<PageCategory> categories, IEnumerable<PageCellSection> sections)
    {
        long[] pages = new long[categories.Count];
        foreach (PageCellCount count in sections.SelectMany(section => section.Cells).SelectMany(cell => cell.Counts))
        {
            pages[count.Category] += count.PageCount;
        }

        return [.. categories.Select((category, i) => i == Empty ? category : category with { PageCount = pages[i] })];
    }

    private int AddName(string name)
    {
        _names.Add(name);
        return _names.Count - 1;
    }

    private string GetCgroupName(CgroupPaths cgroups, ulong inode, CancellationToken cancellationToken)
    {
        if (inode == 0)
        {
            return "no cgroup";
        }

        try
        {
            return cgroups.GetPath(inode, cancellationToken) is not { } path ? $"cgroup {inode} (removed)"
                : path == cgroups.Root ? "/"
                : path[(cgroups.Root?.Length ?? 0)..];
        }
        catch (ProcfsException incomplete) when (!incomplete.IsExhaustion)
        {
            _query.OnWarning?.Invoke(ReadWarnings.UnknownCgroupPaths);
            return $"cgroup {inode}";
        }
    }
}
