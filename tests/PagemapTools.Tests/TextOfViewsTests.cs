using System.Management.Automation;
using System.Reflection;
using System.Text;
using System.Xml.Linq;

namespace PagemapTools.Tests;

/// <summary>Names that other users choose are escaped wherever they are shown.</summary>
[Trait("Tier", "Unit")]
public sealed class TextOfViewsTests
{
    private const string Hostile = "x\u001b]0;X\a\r\n\u009b\u202e";
    private const string Shown = @"x\u{1b}]0;X\u{7}\u{d}\u{a}\u{9b}\u{202e}";

    private const string Library = "PagemapTools.Procfs.";

    // Wide enough for the last column, which is not broken.
    private const int Columns = 1000;

    // Texts of the kernel's and the module's own alphabets. Any other text may be a name.
    private static readonly Dictionary<string, string> s_ownTexts = new(StringComparer.Ordinal)
    {
        ["Permissions"] = "rw-p", ["Device"] = "08:01", ["Feature"] = "Kpageflags", ["SideIndicator"] = "<>", ["FlagNames"] = "ANON", ["SymbolicFlags"] = "____",
    };

    private static readonly XElement s_format = Load("PagemapTools.Format.ps1xml");

    /// <summary>The types that have a view.</summary>
    public static TheoryData<string> Types =>
        [.. s_format.Descendants("TypeName").Select(type => type.Value).Where(type => type.StartsWith(Library, StringComparison.Ordinal)).Distinct(StringComparer.Ordinal)];

    /// <summary>The table, the list, the wide view and the lines beside objects of other types; of an object of this session, and of one from another machine.</summary>
    [Theory]
    [MemberData(nameof(Types))]
    public void EveryViewShowsTextEscaped(string name)
    {
        string text = Show(name, Hostile, out bool hasNames);
        Assert.Empty(Terminal.FindControlCharacters(text));
        Assert.Equal(hasNames, hasNames && text.Contains(@"x\u{1b}", StringComparison.Ordinal));

        // A raw line feed would be a line of the view. The text is short enough for the narrowest column, and the letter is in no other text.
        text = Show(name, "\nЖ", out _);
        Assert.DoesNotMatch(@"(?<!\\u\{a\})Ж", text);
        Assert.Equal(hasNames, hasNames && text.Contains('Ж', StringComparison.Ordinal));
    }

    [Fact]
    public void EveryTypeOfOutputHasAView()
    {
        using Session session = new();
        IEnumerable<string> returned = session.GetObjects("(Get-Command -Module PagemapTools).OutputType.Name").Select(type => type.ToString()).Where(type => type.StartsWith(Library, StringComparison.Ordinal));
        Assert.Empty(returned.Except(Types.Select(row => row.Data)));
    }

    [Fact]
    public void ViewsEscapeWhatTheLibraryEscapes()
    {
        StringBuilder all = new();
        foreach (int value in Enumerable.Range(0, 0x1ffff).Concat(Enumerable.Range(0xe0000, 0x200)).Append(0xf0000).Append(0x10fffd).Where(Rune.IsValid))
        {
            all.Append(new Rune(value).ToString());
        }

        string script = s_format.Descendants("ListItem").First(item => item.Element("Label")!.Value == "ProcessName").Element("ScriptBlock")!.Value;
        using Session session = new();
        session["all"] = all.ToString();
        session["object"] = new PSObject { Properties = { new PSNoteProperty("ProcessName", all.ToString()) } };

        Assert.Equal([true], session.GetObjects($"($object | ForEach-Object {{ {script} }}) -ceq [PagemapTools.Procfs.Core.VisibleText]::Escape($all)").Select(equal => equal.BaseObject));
    }

    [Fact]
    public void ObjectsFromElsewhereAreEscapedWithoutTheModule()
    {
        ScreenHost screen = new();
        using Session session = new(screen, withModule: false);
        session["format"] = PathOf("PagemapTools.Format.ps1xml");
        PSObject uss = new() { Properties = { new PSNoteProperty("ProcessId", 7), new PSNoteProperty("ProcessName", Hostile) } };
        uss.TypeNames.Insert(0, "Deserialized.PagemapTools.Procfs.Uss.ProcessUss");
        session["uss"] = uss;

        session.GetObjects("Update-FormatData -PrependPath $format; $uss | Format-List | Out-Default; $uss | Format-Wide | Out-Default");

        Assert.Contains(screen.Lines, line => line.StartsWith("ProcessName", StringComparison.Ordinal) && line.EndsWith(Shown, StringComparison.Ordinal));
        Assert.Contains(screen.Lines, line => line.StartsWith(Shown, StringComparison.Ordinal));
    }

    [Fact]
    public void ObjectsInAMixedStreamAreEscaped()
    {
        using FakeProc tree = new();
        tree.AddProcess(7, 0x10000, PagemapBits.PresentAt(1)).WriteText("7/comm", Hostile + "\n");
        foreach (string form in (string[])["$uss", "[System.Management.Automation.PSSerializer]::Deserialize([System.Management.Automation.PSSerializer]::Serialize($uss))"])
        {
            ScreenHost screen = new();
            using Session session = new(screen);
            session["tree"] = tree.Path;
            session.GetObjects($"$uss = Measure-ProcessUss -Id 7 -ProcPath $tree -AllowSavedTree; & {{ Get-Item /; {form} }} | Out-Default");

            Assert.Contains(screen.Lines, line => line.StartsWith("Process ", StringComparison.Ordinal) && line.EndsWith(Shown, StringComparison.Ordinal));
            Assert.DoesNotContain(screen.Lines, line => line.Contains('\u202e', StringComparison.Ordinal));
        }
    }

    /// <summary>Shows an object whose names are a text. Of a type without a view for a form, the engine shows it in its own way.</summary>
    private static string Show(string name, string hostile, out bool hasNames)
    {
        ScreenHost screen = new(Columns, supportsVirtualTerminal: true);
        using Session session = new(screen);
        Type type = (Type)session.GetObjects($"[{name}]")[0].BaseObject;
        PSObject item = new(new HostileObjects(hostile, s_ownTexts).Create(type));
        PropertyInfo[] names = [.. type.GetProperties().Where(property => property.PropertyType == typeof(string) && !s_ownTexts.ContainsKey(property.Name))];
        Assert.All(names, property => Assert.Equal(hostile, item.Properties[property.Name].Value));
        hasNames = names.Length > 0;

        session["item"] = item;
        session["elsewhere"] = PSSerializer.Deserialize(PSSerializer.Serialize(item, depth: 3));
        session.GetObjects("$PSStyle.OutputRendering = 'Ansi'");
        foreach (string form in (string[])["Format-Table", "Format-List", "Format-Wide -Column 1", "& { process { $PSVersionTable.PSVersion; $_ } }"])
        {
            session.Run($"$item, $elsewhere | {form} | Out-Default");
        }

        return Terminal.RemoveOwnSequences(screen.Text);
    }

    private static XElement Load(string file) => XElement.Load(PathOf(file));

    private static string PathOf(string file) => Path.Join(Path.GetDirectoryName(BuiltFiles.Module), "bin", file);
}
