using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>-Together and -GroupBy of Measure-ProcessUss in made-up trees.</summary>
[Trait("Tier", "Unit")]
public sealed class GroupUssTests : IDisposable
{
    private const ulong Address = 0x10000000;
    private const string Tree = "-ProcPath $tree -AllowSavedTree";

    private static readonly long s_page = (long)KernelFile.PageSize;

    private readonly FakeProc _proc = new();
    private readonly Session _session = new();

    public GroupUssTests()
    {
        _session["tree"] = _proc.Path;
        _proc.AddProcess(2, Address, PagemapBits.PresentAt(10), PagemapBits.PresentAt(11) | PagemapBits.Exclusive)
            .AddProcess(3, Address, PagemapBits.PresentAt(10), 0)
            .AddProcess(4, Address, PagemapBits.PresentAt(10), PagemapBits.PresentAt(12))
            .WriteText("4/comm", "other\n")
            .WriteEntries("kpagecount", 10, 3, 1, 1);
    }

    public void Dispose()
    {
        _session.Dispose();
        _proc.Dispose();
    }

    [Theory]
    [InlineData("Measure-ProcessUss -Id 2, 3, 4 -Together")]
    [InlineData("2, 3, 4 | Measure-ProcessUss -Together")]
    [InlineData("Measure-ProcessUss -Name made-up, oth* -Together")]
    [InlineData("Measure-ProcessUss -Together")]
    public void AllTargetsAreOneGroup(string command)
    {
        PSObject group = Assert.Single(_session.GetObjects($"{command} {Tree}"));
        Assert.Equal([2, 3, 4], group.Get<int[]>("ProcessIds")!);
        Assert.Equal("made-up, other", group.Get<string>("Name"));
        Assert.Equal((3 * s_page, 3 * s_page), (group.Get<long>("Uss"), group.Get<long>("Rss")));
    }

    [Fact]
    public void EachNameIsAGroup()
    {
        IReadOnlyList<PSObject> groups = _session.GetObjects($"Measure-ProcessUss -GroupBy Name {Tree}");
        Assert.Equal(["made-up", "other"], groups.GetColumn<string>("Name"));
        Assert.Equal([s_page, s_page], groups.GetColumn<long>("Uss"));
        Assert.Equal([2 * s_page, 2 * s_page], groups.GetColumn<long>("Rss"));
    }

    [Theory]
    [InlineData("-Together")]
    [InlineData("-GroupBy Name")]
    public void AMissingProcessIsAnErrorAndTheOthersAreMeasured(string parameters)
    {
        Outcome outcome = _session.Run($"Measure-ProcessUss -Id 2, 99, 3 {parameters} {Tree}");
        Assert.Equal("NoProcessFoundForGivenId", Assert.Single(outcome.Errors).GetErrorId());
        Assert.Equal([2, 3], Assert.Single(outcome.Output).Get<int[]>("ProcessIds")!);
    }

    [Theory]
    [InlineData("-Together -ByMapping", "GroupOfMappings")]
    [InlineData("-Together -Mapping x", "GroupOfMappings")]
    [InlineData("-GroupBy User -LiteralMapping x", "GroupOfMappings")]
    [InlineData("-GroupBy User -Method MapCount", "GroupOfMappings")]
    [InlineData("-Together -GroupBy Name", "TogetherAndGroupBy")]
    public void OtherParametersCannotBeUsedWithGroups(string parameters, string errorId)
    {
        ErrorRecord error = _session.GetTermination($"Measure-ProcessUss -Id 2 {parameters} {Tree}");
        Assert.Equal(errorId, error.GetErrorId());
        Assert.Equal(ErrorCategory.InvalidArgument, error.CategoryInfo.Category);
    }

    [Theory]
    [InlineData("-Together")]
    [InlineData("-GroupBy Name")]
    public void SamplesHaveTheChangeSinceTheOneBefore(string parameters)
    {
        IReadOnlyList<PSObject> samples = _session.GetObjects($"Measure-ProcessUss -Id 2, 3 {parameters} -MaxSamples 2 -SampleInterval 0.01 {Tree}");
        Assert.Equal(2, samples.Count);
        Assert.Equal((null, 0L), (samples[0].Get<long?>("UssDelta"), samples[1].Get<long?>("UssDelta")));
        Assert.Equal(0L, samples[1].Get<long?>("RssDelta"));
        Assert.True(samples[0].Get<DateTime>("Timestamp") < samples[1].Get<DateTime>("Timestamp"));
    }

    [Fact]
    public void HiddenPageFramesEndTheCommand()
    {
        _proc.AddProcess(5, Address, PagemapBits.Present);
        ErrorRecord error = _session.GetTermination($"Measure-ProcessUss -Id 5 -Together {Tree}");
        Assert.Equal("KPageAccessDenied", error.GetErrorId());
        Assert.Contains("CAP_SYS_ADMIN", error.Exception.Message, StringComparison.Ordinal);
    }
}
