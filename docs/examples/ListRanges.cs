using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Examples;

internal static class ListRanges
{
    /// <summary>Lists the exclusive anonymous memory of a process as ranges.</summary>
    public static void Run(ProcfsContext procfs, int processId)
    {
        ProcessPageQuery query = new()
        {
            Entries = new EntryFilter { States = [PageState.Present], IsExclusive = true },
            Frames = new FrameFilter { Flags = new FlagFilter { AllOf = KPageFlags.ANON } },
        };
        foreach (ProcessPageRange range in procfs.ReadPages(processId, query).AsRanges(ignorePfn: true))
        {
            Console.WriteLine($"{range.Address:x}-{range.EndAddress:x} {range.Bytes,12} {range.Mapping?.Name}");
        }
    }
}
