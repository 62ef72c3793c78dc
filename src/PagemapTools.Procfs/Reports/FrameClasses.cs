using System.Runtime.InteropServices;
using PagemapTools.Procfs.Frames;

namespace PagemapTools.Procfs.Reports;

/// <summary>What a report shows of a page frame.</summary>
/// <param name="Use">What it is used for.</param>
/// <param name="Flags">Its well-known flags.</param>
/// <param name="IsLarge">Whether it belongs to a folio of several page frames.</param>
/// <param name="Cgroup">The inode of the cgroup that it is charged to; 0 for none.</param>
/// <param name="Owners">The number of the set of processes that map it; 0 for none.</param>
internal readonly record struct FrameClass(PageUse Use, KPageFlags Flags, bool IsLarge, ulong Cgroup, int Owners);

/// <summary>Numbers classes of page frames in the order in which they appear.</summary>
/// <param name="max">The number of classes after which a new one keeps its use alone.</param>
internal sealed class FrameClasses(int max = FrameClasses.DefaultMax)
{
    public const int DefaultMax = 50_000;

    private readonly Dictionary<FrameClass, int> _numbers = [];
    private readonly List<FrameClass> _classes = [];

    /// <summary>The classes by their numbers.</summary>
    public IReadOnlyList<FrameClass> Items => _classes;

    /// <summary>Whether classes lost their flags, cgroup and processes.</summary>
    public bool IsReduced { get; private set; }

    public int GetNumber(FrameClass item)
    {
        if (!_numbers.ContainsKey(item) && _classes.Count >= max)
        {
            IsReduced = true;
            item = new FrameClass(item.Use, KPageFlags.None, item.IsLarge, 0, 0);
        }

        ref int number = ref CollectionsMarshal.GetValueRefOrAddDefault(_numbers, item, out bool isKnown);
        if (!isKnown)
        {
            number = _classes.Count;
            _classes.Add(item);
        }

        return number;
    }

    /// <summary>Numbers the classes anew, by what they are.</summary>
    /// <returns>The new number of each class.</returns>
    public int[] Sort()
    {
        FrameClass[] before = [.. _classes];
        _classes.Clear();
        _classes.AddRange(before.OrderBy(item => item.Use).ThenBy(item => item.Flags).ThenBy(item => item.IsLarge).ThenBy(item => item.Cgroup).ThenBy(item => item.Owners));
        for (int number = 0; number < _classes.Count; number++)
        {
            _numbers[_classes[number]] = number;
        }

        return Array.ConvertAll(before, item => _numbers[item]);
    }
}
