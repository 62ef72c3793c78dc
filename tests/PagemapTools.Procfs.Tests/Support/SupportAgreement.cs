using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Support;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Compares the support that the library reports with attempts to use each feature.</summary>
internal static class SupportAgreement
{
    /// <param name="other">A process of another user.</param>
    public static void Check(int other)
    {
        Dictionary<string, PagemapSupport> reported = new ProcfsContext(new ProcRoot("/proc")).ProbeSupport().ToDictionary(feature => feature.Feature);
        Assert.All(reported.Values, feature => Assert.NotEmpty(feature.Detail));
        Assert.All(reported.Values, feature => Assert.NotEmpty(feature.Source));
        AssertReported("Pagemap", true);
        AssertReported("FrameNumbers", KernelFeatures.ShowsPageFrameNumbers);
        AssertReported("KPageFlags", KernelFile.CanRead("/proc/kpageflags"));
        AssertReported("KPageCount", KernelFile.CanRead("/proc/kpagecount"));
        AssertReported("KPageCgroup", KernelFile.CanRead("/proc/kpagecgroup"));
        AssertReported("SharedMemory", KernelFile.CanRead(Directory.EnumerateFiles("/proc/self/map_files").First()));
        AssertReported("PagemapScan", Environment.OSVersion.Version >= new Version(6, 7));
        AssertReported("ExclusiveBit", true);
        AssertReported("SoftDirty", KeepsSoftDirty());
        AssertReported("KsmFlag", KernelFeatures.HasTrueKsmFlag);
        if (OwnCapabilities.IsInInitialUserNamespace)
        {
            AssertReported("OtherProcesses", KernelFile.CanRead($"/proc/{other}/pagemap") && KernelFile.CanRead($"/proc/{other}/maps"));
        }

        void AssertReported(string feature, bool? expected) =>
            Assert.True(reported[feature].IsSupported == expected, $"{feature} is reported as {reported[feature].IsSupported} ({reported[feature].Detail}), and is {expected}");
    }

    /// <summary>Writes a page of this process and returns whether its entry has bit 55.</summary>
    public static bool KeepsSoftDirty()
    {
        using OwnPages page = OwnPages.MapEverySecond(1);
        return (KernelFile.ReadPagemap(Environment.ProcessId, page.Start, 1)[0] & PagemapBits.SoftDirty) != 0;
    }
}
