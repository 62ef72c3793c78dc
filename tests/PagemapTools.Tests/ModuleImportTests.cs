using System.Management.Automation;
using System.Xml.Linq;

namespace PagemapTools.Tests;

[Trait("Tier", "Unit")]
public sealed class ModuleImportTests
{
    [Fact]
    public void ModuleExportsOnlyItsCmdlets()
    {
        using Session session = new();
        IEnumerable<string> described = XDocument.Load(Path.Join(Path.GetDirectoryName(BuiltFiles.Module), "en-US", "PagemapTools.dll-Help.xml"))
            .Descendants().Where(element => element.Name.LocalName == "details").Select(details => details.Elements().First().Value);

        Assert.Equal(described.Order(StringComparer.Ordinal), session.GetObjects("(Get-Module PagemapTools).ExportedCmdlets.Keys").Select(name => name.ToString()).Order(StringComparer.Ordinal));
        Assert.Empty(session.GetObjects("(Get-Module PagemapTools).ExportedFunctions.Keys"));
        Assert.Empty(session.GetObjects("(Get-Module PagemapTools).ExportedVariables.Keys; (Get-Module PagemapTools).ExportedAliases.Keys"));
    }

    [Fact]
    public void SecondImportChangesNothing()
    {
        using Session session = new();

        session.ImportModule();
        Outcome forced = session.Run("Import-Module $module -Force; Get-Module PagemapTools; Test-PagemapSupport");

        Assert.Null(forced.Termination);
        Assert.Empty(forced.Errors);
        Assert.Single(forced.Output, item => item.BaseObject is PSModuleInfo);
    }

    [Fact]
    public void TwoRunspacesUseModuleAtTheSameTime()
    {
        using Session first = new();
        using Session second = new();

        Assert.Equal(GetFeatures(first), GetFeatures(second));
        first.Dispose();
        Assert.NotEmpty(GetFeatures(second));
    }

    [Fact]
    public void ModuleCanBeRemovedAndImportedAgain()
    {
        using Session session = new();
        string[] before = GetFeatures(session);

        session.GetObjects("Remove-Module PagemapTools");
        Assert.Equal("CommandNotFoundException", session.GetTermination("Test-PagemapSupport").GetErrorId());

        session.ImportModule();
        Assert.Equal(before, GetFeatures(session));
    }

    private static string[] GetFeatures(Session session) => [.. session.GetObjects("Test-PagemapSupport").Select(item => item.Get<string>("Feature")!)];
}
