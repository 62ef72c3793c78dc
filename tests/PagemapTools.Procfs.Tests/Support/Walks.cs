using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Reads a process to its end or to the first error.</summary>
internal static class Walks
{
    /// <summary>Reads the entries that a walk delivers, by address.</summary>
    public static SortedDictionary<ulong, ulong> ReadEntries(ProcessAddressSpace process, PageWalkOptions? options = null, Action<ulong>? delivered = null)
    {
        SortedDictionary<ulong, ulong> entries = [];
        using PageWalk walk = new(process, options ?? new PageWalkOptions());
        while (walk.MoveNext(TestContext.Current.CancellationToken))
        {
            for (int i = 0; i < walk.Entries.Length; i++)
            {
                ulong address = walk.Address + ((ulong)i * KernelFile.PageSize);
                Assert.InRange(address, walk.Mapping.Start, walk.Mapping.End - 1);
                entries.Add(address, walk.Entries[i]);
            }

            delivered?.Invoke(walk.Address);
        }

        return entries;
    }

    /// <summary>Reads the pages that match a query, and the error that ended the read, if any.</summary>
    public static (List<ProcessPageInfo> Pages, ProcfsException? Failure) ReadPages(ProcRoot root, ProcessAddressSpace process, ProcessPageQuery query)
    {
        List<ProcessPageInfo> pages = [];
        using ProcfsContext procfs = new(root);
        using ProcessPageReader reader = new(procfs, process, query);
        try
        {
            while (reader.MoveNext(TestContext.Current.CancellationToken))
            {
                pages.AddRange(Enumerable.Range(0, reader.Batch.Count).Select(row => reader.GetPage(row)));
            }
        }
        catch (ProcfsException failure)
        {
            return (pages, failure);
        }

        return (pages, null);
    }
}
