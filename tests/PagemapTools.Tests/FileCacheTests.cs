using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Measure-FileCache takes paths as Get-ChildItem does.</summary>
[Trait("Tier", "Unit")]
public sealed class FileCacheTests : IDisposable
{
    private readonly string _tree = Directory.CreateTempSubdirectory("pagemaptools-files-").FullName;
    private readonly Session _session = new();

    public FileCacheTests()
    {
        foreach (string name in (string[])["a.log", "b.txt", "below/c.log", "below/[d].log"])
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Join(_tree, name))!);
            File.WriteAllBytes(Path.Join(_tree, name), new byte[10]);
        }

        _session["tree"] = _tree;
        _session.GetObjects("Set-Location $tree");
    }

    public void Dispose()
    {
        _session.Dispose();
        Directory.Delete(_tree, recursive: true);
    }

    [Theory]
    [InlineData("Measure-FileCache", "a.log b.txt")]
    [InlineData("Measure-FileCache .", "a.log b.txt")]
    [InlineData("Measure-FileCache -Recurse", "a.log b.txt below/[d].log below/c.log")]
    [InlineData("Measure-FileCache $tree -Filter *.log", "a.log")]
    [InlineData("Measure-FileCache $tree -Filter *.log -Recurse", "a.log below/[d].log below/c.log")]
    [InlineData("Measure-FileCache *", "a.log b.txt")]
    [InlineData("Measure-FileCache * -Recurse", "a.log b.txt below/[d].log below/c.log")]
    [InlineData("Measure-FileCache below, a.log", "a.log below/[d].log below/c.log")]
    [InlineData("Measure-FileCache -LiteralPath 'below/[d].log'", "below/[d].log")]
    [InlineData("'a.log', 'b.txt' | Measure-FileCache", "a.log b.txt")]
    [InlineData("Get-ChildItem | Measure-FileCache", "a.log b.txt")]
    [InlineData("Get-ChildItem -Recurse | Measure-FileCache", "a.log b.txt below/[d].log below/c.log")]
    [InlineData("Get-ChildItem below | Measure-FileCache", "below/[d].log below/c.log")]
    [InlineData("Get-Item below | Measure-FileCache -Recurse", "below/[d].log below/c.log")]
    [InlineData("Measure-FileCache nothing*", "")]
    public void FilesAreNamedInAnyWay(string command, string expected)
    {
        string[] found = [.. _session.GetObjects(command).GetColumn<string>("Path").Select(path => Path.GetRelativePath(_tree, path)).Order(StringComparer.Ordinal)];

        Assert.Equal(expected, string.Join(' ', found));
    }

    [Fact]
    public void OneBadPathDoesNotStopTheNext()
    {
        Outcome outcome = _session.Run("Measure-FileCache missing, /dev/null, a.log");

        Assert.Equal(Path.Join(_tree, "a.log"), Assert.Single(outcome.Output).Get<string>("Path"));
        Assert.Equal(["PathNotFound", "PagemapReadFailed"], outcome.Errors.Select(error => error.GetErrorId()));
        Assert.Equal([Path.Join(_tree, "missing"), "/dev/null"], outcome.Errors.Select(error => error.TargetObject));
    }

    [Fact]
    public void ThePercentageOfTheTableIsAProperty()
    {
        PSObject file = _session.GetObjects("Measure-FileCache a.log")[0];

        Assert.Equal(file.Get<double?>("CachedPercent"), file.Get<double?>("Percent"));
        Assert.Null(file.Get<object>("MappedBy"));
    }

    [Theory]
    [InlineData("Measure-FileCache -Filter '[a'")]
    [InlineData("Measure-FileCache -OpenFiles -Recurse")]
    [InlineData("Measure-FileCache -OpenFiles a.log")]
    public void ParametersThatCannotBeUsedAreBindingErrors(string command) =>
        Assert.IsAssignableFrom<ParameterBindingException>(_session.GetTermination(command).Exception);
}
