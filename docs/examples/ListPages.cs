using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Procfs.Examples;

internal static class ListPages
{
    /// <summary>Lists the pages of a process with the flags of their page frames.</summary>
    public static void Run(ProcfsContext procfs, int processId)
    {
        foreach (ProcessPageInfo page in procfs.ReadPages(processId, new ProcessPageQuery { Include = FrameProperties.Flags }))
        {
            Console.WriteLine($"{page.Address:x} {page.State} {page.Pfn:x} {page.FlagNames}");
        }
    }
}
