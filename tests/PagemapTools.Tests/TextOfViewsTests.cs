using System.Management.Automation;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace PagemapTools.Tests;

/// <summary>Names that other users choose are escaped wherever they are shown.</summary>
[Trait("Tier", "Unit")]
public sealed class TextOfViewsTests
{
    private const string Hostile = "x\u001b]0;X\a\r\n\u009b\u202e";
    private const string Shown = @"x\u{1b}]0;X\u{7}\u{d}\u{a}\u{9b}\u{202e}";

    private static readonly string[] s_names = ["ProcessName", "Name", "Path", "SwapFile", "CgroupPath", "Detail", "Mapping", "Source", "User", "CommandLine"];

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(1);
    private static readonly XElement s_format = Load("PagemapTools.Format.ps1xml");

    [Fact]
    public void EveryViewEscapesNames()
    {
        Assert.Empty(s_format.Descendants("PropertyName").Select(property => property.Value).Intersect(s_names));
        string[] scripts = [.. s_format.Descendants("ScriptBlock").Select(script => script.Value)];
        string[] named = [.. scripts.Where(script => Regex.IsMatch(script, $@"\$_\.({string.Join('|', s_names)})\b(?!\.(Start|Permissions))", RegexOptions.None, s_patience))];
        Assert.InRange(named.Length, 10, scripts.Length);
        Assert.All(named, script => Assert.Contains("-replace '[\\p{Cc}", script));
    }

    [Fact]
    public void PropertiesListedWithoutAViewEscapeNames()
    {
        XElement types = Load("PagemapTools.Types.ps1xml");
        string[] listed = [.. types.Descendants("PropertySet").Where(set => set.Element("Name")!.Value == "DefaultDisplayPropertySet").Descendants("ReferencedProperties").Elements().Select(name => name.Value)];

        // The text of a mapping is MemoryMapping.ToString.
        Assert.Equal(["Mapping"], listed.Intersect(s_names));
        Assert.Contains("Process", listed);
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

    private static XElement Load(string file) => XElement.Load(PathOf(file));

    private static string PathOf(string file) => Path.Join(Path.GetDirectoryName(BuiltFiles.Module), "bin", file);
}
