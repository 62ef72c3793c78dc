namespace PagemapTools.TestProcesses;

/// <summary>An address range of one process, with the expected states of its pages.</summary>
internal sealed class Region(string name, int processId, nuint start, long length)
{
    public string Name => name;

    public int ProcessId => processId;

    public nuint Start => start;

    public long Length => length;

    public SortedDictionary<string, string> Expect { get; } = new(StringComparer.Ordinal);

    public Region With(string key, string value)
    {
        Expect[key] = value;
        return this;
    }

    public Region With(string key, IEnumerable<int> pages) => With(key, PageList.Format(pages));

    public Region WithAll(string key) => With(key, PageList.Format(0, (int)(length / MappedRegion.PageSize)));

    /// <summary>Moves pages from the other lists to the list under the key.</summary>
    public void Move(string key, int[] pages, params ReadOnlySpan<string> from)
    {
        foreach (string other in from)
        {
            if (Expect.TryGetValue(other, out string? list))
            {
                Expect[other] = PageList.Format(PageList.Parse(list, int.MaxValue).Except(pages));
            }
        }

        int[] present = PageList.Parse(Expect.GetValueOrDefault(key, "none"), int.MaxValue);
        Expect[key] = PageList.Format(present.Union(pages));
    }
}
