using System.Management.Automation;
using System.Text.RegularExpressions;

namespace PagemapTools.Tests;

/// <summary>Help and cmdlets say the same: whoever changes a cmdlet changes its page, and makes the MAML anew (build.ps1 -Task Help).</summary>
[Trait("Tier", "Unit")]
public sealed class HelpTests : IDisposable
{
    private const string Maml = "PagemapTools.dll-Help.xml";
    private const string About = "about_PagemapTools.help.txt";
    private const int FewestExamples = 3;

    private static readonly string[] s_objects =
    [
        "Uss.ProcessUss", "Uss.MappingUss", "Pages.PageInfo", "Pages.ProcessPageInfo", "Pages.PageRange", "Pages.ProcessPageRange",
        "Frames.KPageFlagsSummary", "Processes.MemoryMapping", "Support.PagemapSupport",
    ];

    private readonly Session _session = new();

    private static string Pages { get; } = Path.Join(Root(), "en-US");

    public void Dispose() => _session.Dispose();

    [Fact]
    public void Each_cmdlet_has_a_page_and_no_page_is_without_a_cmdlet()
    {
        string[] cmdlets = [.. Cmdlets().Select(cmdlet => cmdlet.Name)];

        Assert.Equal(cmdlets, Markdown().Select(page => page.Name));
        Assert.Equal(cmdlets, MamlPages().Select(page => page.Name));
    }

    [Fact]
    public void Markdown_has_the_parameters_sets_and_types_of_the_cmdlets() => AssertAlike(Markdown(), isMaml: false);

    [Fact]
    public void Maml_has_the_parameters_sets_and_types_of_the_cmdlets() => AssertAlike(MamlPages(), isMaml: true);

    [Fact]
    public void Maml_is_made_from_the_Markdown_as_it_stands()
    {
        foreach ((HelpPage markdown, HelpPage maml) in Markdown().Zip(MamlPages()))
        {
            Assert.Equal(Flat(markdown.Texts), Flat(maml.Texts));
            Assert.Equal(Flat(markdown.Examples), Flat(maml.Examples));
        }
    }

    [Fact]
    public void Nothing_is_left_to_fill_in()
    {
        foreach (HelpPage page in Markdown())
        {
            Assert.All(page.Texts, text => Assert.False(string.IsNullOrWhiteSpace(text.Value), $"{page.Name} says nothing of {text.Key}."));
            Assert.DoesNotContain("{{", File.ReadAllText(PathOf(page)), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Each_page_has_three_examples_with_code_that_parses()
    {
        foreach (HelpPage page in Markdown())
        {
            Assert.True(page.Examples.Count >= FewestExamples, $"{page.Name} has {page.Examples.Count} examples.");
            Assert.All(page.Examples, example =>
            {
                Assert.Contains(page.Name, example.Value, StringComparison.Ordinal);
                ScriptBlock.Create(example.Value);
            });
        }
    }

    [Fact]
    public void Values_of_enumerations_are_named_where_they_are_taken()
    {
        foreach (CmdletInfo cmdlet in Cmdlets())
        {
            string page = File.ReadAllText(Path.Join(Pages, cmdlet.Name + ".md"));
            IEnumerable<Type> enumerations = cmdlet.Parameters.Values
                .Select(parameter => parameter.ParameterType.GetElementType() ?? parameter.ParameterType)
                .Where(type => type is { IsEnum: true, Name: not "KPageFlags" } && type.Assembly.GetName().Name == "PagemapTools.Procfs");
            Assert.All(enumerations.SelectMany(Enum.GetNames).Where(name => name != "None"), name => Assert.Matches($@"\b{name}\b", page));
        }
    }

    [Fact]
    public void Get_Help_finds_the_staged_help()
    {
        foreach (HelpPage page in Markdown())
        {
            PSObject help = Assert.Single(_session.Objects($"Get-Help {page.Name} -Full"));
            Assert.Equal(Flat(page.Texts["SYNOPSIS"]), Flat((string)help.Properties["Synopsis"].Value));
        }

        string about = string.Concat(_session.Objects("Get-Help about_PagemapTools").Select(text => text.ToString()));
        Assert.Equal(Flat(File.ReadAllText(Path.Join(Pages, About))), Flat(about));
    }

    [Fact]
    public void About_explains_each_state_flag_error_and_property()
    {
        string about = File.ReadAllText(Path.Join(Pages, About));
        string errors = File.ReadAllText(Path.Join(Root(), "src/PagemapTools/PagemapErrors.cs"));
        IEnumerable<string> ids = Regex.Matches(errors, @"""(?<id>\w+)"",\s*ErrorCategory", RegexOptions.ExplicitCapture, TimeSpan.FromSeconds(1)).Select(match => match.Groups["id"].Value);
        IEnumerable<string> words = ids
            .Concat(Names("[enum]::GetNames([PagemapTools.Procfs.Entries.PageState])"))
            .Concat(Names("[enum]::GetNames([PagemapTools.Procfs.Frames.KPageFlags])"))
            .Concat(s_objects.Select(type => type.Split('.')[1]))
            .Concat(s_objects.SelectMany(type => Names($"[PagemapTools.Procfs.{type}].GetProperties().Name")))
            .Concat(Cmdlets().Select(cmdlet => cmdlet.Name));

        Assert.True(ids.Count() > 5, "The error ids were not found in their source.");
        Assert.All(words.Distinct(StringComparer.Ordinal), word => Assert.Matches($@"(?<![\w]){word}(?![\w])", about));
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id $PID")]
    [InlineData("Measure-ProcessUss -Id $PID -ByMapping")]
    public void About_lists_every_column_of_what_is_saved(string command)
    {
        string about = File.ReadAllText(Path.Join(Pages, About));
        string section = about[about.IndexOf("\nPROPERTIES", StringComparison.Ordinal)..about.IndexOf("\nCONTAINERS", StringComparison.Ordinal)];
        IEnumerable<string> columns = _session.Objects(command)[0].Properties.Select(column => column.Name);

        Assert.All(columns, column => Assert.Matches($@"(?<![\w]){column}(?![\w])", section));
    }

    private static string Root()
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

    private static string PathOf(HelpPage page) => Path.Join(Pages, page.Name + ".md");

    private static HelpPage[] Markdown() =>
        [.. Directory.GetFiles(Pages, "*-*.md").Order(StringComparer.Ordinal).Select(MarkdownHelp.Read)];

    private static HelpPage[] MamlPages() => [.. MamlHelp.Read(Path.Join(Pages, Maml)).OrderBy(page => page.Name, StringComparer.Ordinal)];

    private static IEnumerable<string> Flat(IReadOnlyDictionary<string, string> texts) =>
        texts.OrderBy(text => text.Key, StringComparer.Ordinal).Select(text => $"{text.Key}: {Flat(text.Value)}");

    private static string Flat(string text) => Regex.Replace(text, @"\s+", " ", RegexOptions.None, TimeSpan.FromSeconds(1)).Trim();

    private CmdletInfo[] Cmdlets() =>
        [.. _session.Objects("Get-Command -Module PagemapTools").Select(item => (CmdletInfo)item.BaseObject).OrderBy(cmdlet => cmdlet.Name, StringComparer.Ordinal)];

    private IEnumerable<string> Names(string script) => _session.Objects(script).Select(name => name.ToString()!);

    private void AssertAlike(HelpPage[] pages, bool isMaml)
    {
        foreach ((CmdletInfo cmdlet, HelpPage page) in Cmdlets().Zip(pages))
        {
            HelpPage real = HelpPage.Of(cmdlet, isMaml);
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
