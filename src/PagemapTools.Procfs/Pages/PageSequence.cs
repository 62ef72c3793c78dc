using System.Collections;

namespace PagemapTools.Procfs.Pages;

/// <summary>The current batch of a reader, by rows.</summary>
internal interface IPageRows<out TPage>
    where TPage : PageInfo
{
    int Count { get; }

    /// <summary>The values of a row.</summary>
    PageValues GetValues(int row);

    /// <summary>The object of a row.</summary>
    TPage GetPage(int row);
}

/// <summary>Pages that can be joined into ranges without an object for each page.</summary>
internal interface IPageSequence
{
    IEnumerable<PageRange> Join(PageRangeBuilder builder);
}

/// <summary>Pages that are read in batches while the sequence is enumerated.</summary>
internal sealed class PageSequence<TPage>(IEnumerable<IPageRows<TPage>> batches) : IEnumerable<TPage>, IPageSequence
    where TPage : PageInfo
{
    /// <summary>The batches, each valid until the next one is read.</summary>
    public IEnumerable<IPageRows<TPage>> Batches => batches;

    public IEnumerator<TPage> GetEnumerator()
    {
        foreach (IPageRows<TPage> rows in batches)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                yield return rows.GetPage(row);
            }
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public IEnumerable<PageRange> Join(PageRangeBuilder builder)
    {
        foreach (IPageRows<TPage> rows in batches)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                if (builder.Add(rows.GetValues(row)) is { } range)
                {
                    yield return range;
                }
            }
        }
    }
}
