using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests;

/// <summary>Help agrees with the cmdlets. A change to a cmdlet needs a change to its page and new MAML (build.ps1 -Task Help).</summary>
[Trait("Tier", "Unit")]
public sealed class HelpTests : IDisposable
{
    private const string Maml = "PagemapTools.dll-Help.xml";
    private const string About = "about_PagemapTools.help.txt";
    private const int MinExamples = 3;

    private static readonly string[] s_objects =
    [
        "Uss.ProcessUss", "Uss.MappingUss", "Uss.NodeUss", "HugePages.ProcessHugePage", "HugePages.MappingHugePage", "WorkingSet.ProcessWorkingSet", "WorkingSet.MappingWorkingSet", "Groups.ProcessGroupUss", "Sharing.ProcessSharing", "Comparison.PageComparison", "Comparison.PageComparisonRange", "SharedObjects.SharedMemoryObject", "Pages.PageInfo", "Pages.ProcessPageInfo", "Pages.PageRange", "Pages.ProcessPageRange",
        "Frames.KPageFlagsSummary", "MemoryUse.KPageKindSummary", "MemoryUse.KPageCgroupSummary", "MemoryUse.KPageNodeSummary", "FileCache.FileCacheInfo", "FileCache.FilePageInfo", "Processes.MemoryMapping", "Support.PagemapSupport",
        "ReverseMap.FrameMapping", "ReverseMap.PageUseInfo", "FrameActions.FrameChange",
    ];

    private readonly Session _session = new();

    private static string Pages { get; } = Path.Join(FindRoot(), "en-US");

    public void Dispose() => _session.Dispose();

    [Fact]
    public void EveryCmdletHasExactlyOneHelpPage()
    {
        string[] cmdlets = [.. GetCmdlets().Select(cmdlet => cmdlet.Name)];

        Assert.Equal(cmdlets, ReadMarkdown().Select(page => page.Name));
        Assert.Equal(cmdlets, ReadMaml().Select(page => page.Name));
    }

    [Fact]
    public void MarkdownListsParametersSetsAndTypesOfCmdlets() => AssertAlike(ReadMarkdown(), isMaml: false);

    [Fact]
    public void MamlListsParametersSetsAndTypesOfCmdlets() => AssertAlike(ReadMaml(), isMaml: true);

    [Fact]
    public void MamlMatchesMarkdown()
    {
        foreach ((HelpPage markdown, HelpPage maml) in ReadMarkdown().Zip(ReadMaml()))
        {
            Assert.Equal(Flatten(markdown.Texts), Flatten(maml.Texts));
            Assert.Equal(Flatten(markdown.Examples), Flatten(maml.Examples));
        }
    }

    [Fact]
    public void HelpPagesHaveNoPlaceholders()
    {
        foreach (HelpPage page in ReadMarkdown())
        {
            Assert.All(page.Texts, text => Assert.False(string.IsNullOrWhiteSpace(text.Value), $"{page.Name} has no text for {text.Key}."));
            Assert.DoesNotContain("{{", File.ReadAllText(GetPath(page)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void EachPageHasThreeExamplesThatParse()
    {
        foreach (HelpPage page in ReadMarkdown())
        {
            Assert.True(page.Examples.Count >= MinExamples, $"{page.Name} has {page.Examples.Count} examples.");
            Assert.All(page.Examples, example =>
            {
                Assert.Contains(page.Name, example.Value, StringComparison.Ordinal);
                ScriptBlock.Create(example.Value);
            });
        }
    }

    [Fact]
    public void HelpPagesNameAcceptedEnumValues()
    {
        foreach (CmdletInfo cmdlet in GetCmdlets())
        {
            string page = File.ReadAllText(Path.Join(Pages, cmdlet.Name + ".md"));
            IEnumerable<Type> enumerations = cmdlet.Parameters.Values
                .Select(parameter => parameter.ParameterType.GetElementType() ?? parameter.ParameterType)
                .Where(type => type is { IsEnum: true, Name: not "KPageFlags" } && type.Assembly.GetName().Name == "PagemapTools.Procfs");
            Assert.All(enumerations.SelectMany(Enum.GetNames).Where(name => name != "None"), name => Assert.Matches($@"\b{name}\b", page));
        }
    }

    [Fact]
    public void GetHelpFindsStagedHelp()
    {
        foreach (HelpPage page in ReadMarkdown())
        {
            PSObject help = Assert.Single(_session.GetObjects($"Get-Help {page.Name} -Full"));
            Assert.Equal(Flatten(page.Texts["SYNOPSIS"]), Flatten((string)help.Properties["Synopsis"].Value));
        }

        string about = string.Concat(_session.GetObjects("Get-Help about_PagemapTools").Select(text => text.ToString()));
        Assert.Equal(Flatten(File.ReadAllText(Path.Join(Pages, About))), Flatten(about));
    }

    [Fact]
    public void AboutExplainsEachStateFlagErrorAndProperty()
    {
        string about = File.ReadAllText(Path.Join(Pages, About));
        string errors = File.ReadAllText(Path.Join(FindRoot(), "src/PagemapTools/PagemapErrors.cs"));
        IEnumerable<string> ids = Regex.Matches(errors, @"""(?<id>\w+)"",\s*ErrorCategory", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Select(match => match.Groups["id"].Value);
        IEnumerable<string> words = ids
            .Concat(GetNames("[enum]::GetNames([PagemapTools.Procfs.Entries.PageState])"))
            .Concat(GetNames("[enum]::GetNames([PagemapTools.Procfs.Frames.KPageFlags])"))
            .Concat(s_objects.Select(type => type.Split('.')[1]))
            .Concat(s_objects.SelectMany(type => GetNames($"[PagemapTools.Procfs.{type}].GetProperties().Name")))
            .Concat(GetCmdlets().Select(cmdlet => cmdlet.Name));

        Assert.True(ids.Count() > 5, "The source has no error ids.");
        Assert.All(words.Distinct(StringComparer.Ordinal), word => Assert.Matches($@"(?<![\w]){word}(?![\w])", about));
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id $PID")]
    [InlineData("Measure-ProcessUss -Id $PID -ByMapping")]
    public void AboutListsEveryColumnOfSavedObjects(string command)
    {
        string about = File.ReadAllText(Path.Join(Pages, About));
        string section = about[about.IndexOf("\nPROPERTIES", StringComparison.Ordinal)..about.IndexOf("\nCONTAINERS", StringComparison.Ordinal)];
        IEnumerable<string> columns = _session.GetObjects(command)[0].Properties.Select(column => column.Name);

        Assert.All(columns, column => Assert.Matches($@"(?<![\w]){column}(?![\w])", section));
    }

    internal static string FindRoot()
    {
        for (DirectoryInfo? directory = new(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (Directory.Exists(Path.Join(directory.FullName, "en-US")) && Directory.Exists(Path.Join(directory.FullName, "src")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"There is no en-US above {AppContext.BaseDirectory}.");
    }

    private static string GetPath(HelpPage page) => Path.Join(Pages, page.Name + ".md");

    private static HelpPage[] ReadMarkdown() =>
        [.. Directory.GetFiles(Pages, "*-*.md").Order(StringComparer.Ordinal).Select(MarkdownHelp.Read)];

    private static HelpPage[] ReadMaml() => [.. MamlHelp.Read(Path.Join(Pages, Maml)).OrderBy(page => page.Name, StringComparer.Ordinal)];

    private static IEnumerable<string> Flatten(IReadOnlyDictionary<string, string> texts) =>
        texts.OrderBy(text => text.Key, StringComparer.Ordinal).Select(text => $"{text.Key}: {Flatten(text.Value)}");

    private static string Flatten(string text) => Regex.Replace(text, @"\s+", " ", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim();

    private CmdletInfo[] GetCmdlets() =>
        [.. _session.GetObjects("Get-Command -Module PagemapTools").Select(item => (CmdletInfo)item.BaseObject).OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)];

    private IEnumerable<string> GetNames(string script) => _session.GetObjects(script).Select(name => name.ToString()!);

    private void AssertAlike(HelpPage[] pages, bool isMaml)
    {
        foreach ((CmdletInfo cmdlet, HelpPage page) in GetCmdlets().Zip(pages))
        {
            HelpPage real = HelpPage.FromCmdlet(cmdlet, isMaml);
            AssertSame(real.Parameters, page.Parameters, cmdlet);
            AssertSame(real.Syntax, page.Syntax, cmdlet);
            AssertSame(real.Inputs, page.Inputs, cmdlet);
            AssertSame(real.Outputs, page.Outputs, cmdlet);
        }
    }

    private static void AssertSame(IReadOnlyList<string> real, IReadOnlyList<string> documented, CmdletInfo cmdlet) => Assert.True(
        real.SequenceEqual(documented),
        $"Help of {cmdlet.Name}\nmissing:\n  {string.Join("\n  ", real.Except(documented))}\nstale:\n  {string.Join("\n  ", documented.Except(real))}");
}
