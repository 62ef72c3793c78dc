using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Compares Test-PagemapSupport with the features that the test finds by other means.</summary>
[Trait("Tier", "Live")]
public sealed class SupportTests
{
    [Fact]
    public void SupportTestMatchesTheMachine()
    {
        using Session session = new();

        Dictionary<string, PSObject> features = session.GetObjects("Test-PagemapSupport").ToDictionary(feature => feature.Get<string>("Feature")!);

        Assert.True(IsSupported("Pagemap"));
        Assert.Contains(Machine.KernelRelease, features["Pagemap"].Get<string>("Detail"));
        Assert.Equal(KernelFeatures.HasSoftDirty, IsSupported("SoftDirty"));
        Assert.Equal(KernelFeatures.HasSoftDirty, IsSupported("ClearSoftDirty"));
        Assert.Equal(GetRelease() >= new Version(6, 7), IsSupported("PagemapScan"));
        Assert.Equal(CanRead("/proc/kpageflags"), IsSupported("KPageFlags"));
        Assert.Equal(CanRead("/proc/kpagecount"), IsSupported("KPageCount"));
        Assert.Equal(CanRead("/proc/kpagecgroup"), IsSupported("KPageCgroup"));
        Assert.All(features.Values, feature => Assert.NotEqual("", feature.Get<string>("Detail")));

        bool? IsSupported(string feature) => features[feature].Get<bool?>("IsSupported");
    }

    [Fact]
    public void SupportTestReportsMissingKpageFiles()
    {
        using FakeProc tree = new();
        tree.WriteEntries("kpageflags", 0, 0);
        using Session session = new();
        session["tree"] = tree.Path;

        Dictionary<string, bool> features = session.GetObjects("Test-PagemapSupport -ProcPath $tree -AllowSavedTree | Where-Object Feature -like KPage*")
            .ToDictionary(feature => feature.Get<string>("Feature")!, feature => feature.Get<bool>("IsSupported"));

        Assert.Equal(new Dictionary<string, bool>(StringComparer.Ordinal) { ["KPageFlags"] = true, ["KPageCount"] = false, ["KPageCgroup"] = false }, features);
    }

    private static Version GetRelease() => Version.Parse(string.Join('.', Machine.KernelRelease.Split('.', '-').Take(2)));

    private static bool CanRead(string path)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            return file.ReadByte() >= 0;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
