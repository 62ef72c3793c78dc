using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Support;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Holds what the library says that this user can do on this kernel against trying it.</summary>
internal static class SupportAgreement
{
    /// <param name="other">A process of another user.</param>
    public static void Check(int other)
    {
        Dictionary<string, PagemapSupport> said = new ProcfsContext(new ProcRoot("/proc")).ProbeSupport().ToDictionary(feature => feature.Feature);
        Assert.All(said.Values, feature => Assert.NotEmpty(feature.Detail));
        Assert.All(said.Values, feature => Assert.NotEmpty(feature.Source));
        Says("Pagemap", true);
        Says("FrameNumbers", KernelFeatures.ShowsPageFrameNumbers);
        Says("KPageFlags", KernelFile.Opens("/proc/kpageflags"));
        Says("KPageCount", KernelFile.Opens("/proc/kpagecount"));
        Says("KPageCgroup", KernelFile.Opens("/proc/kpagecgroup"));
        Says("SharedMemory", KernelFile.Opens(Directory.EnumerateFiles("/proc/self/map_files").First()));
        Says("PagemapScan", Environment.OSVersion.Version >= new Version(6, 7));
        Says("ExclusiveBit", true);
        Says("SoftDirty", KeepsSoftDirty());
        Says("KsmFlag", KernelFeatures.KsmFlagIsTrue);
        if (Rights.IsInInitialUserNamespace)
        {
            Says("OtherProcesses", KernelFile.Opens($"/proc/{other}/pagemap") && KernelFile.Opens($"/proc/{other}/maps"));
        }

        void Says(string feature, bool? isSo) =>
            Assert.True(said[feature].IsSupported == isSo, $"{feature} is said to be {said[feature].IsSupported} ({said[feature].Detail}), and is {isSo}");
    }

    /// <summary>Whether a page of this process's own that was just written has bit 55.</summary>
    public static bool KeepsSoftDirty()
    {
        using OwnPages page = OwnPages.EverySecond(1);
        return (KernelFile.Pagemap(Environment.ProcessId, page.Start, 1)[0] & PagemapBits.SoftDirty) != 0;
    }
}
