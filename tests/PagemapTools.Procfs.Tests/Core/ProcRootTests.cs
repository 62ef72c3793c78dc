using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Core;

[Collection(ProcessEnvironment.Name)]
[Trait("Tier", "Live")]
public sealed class ProcRootTests
{
    [Theory]
    [InlineData("/made/up", "/made/up")]
    [InlineData("/made/up/", "/made/up")]
    [InlineData("/", "/")]
    public void ThePathLosesItsTrailingSlash(string given, string expected) => Assert.Equal(expected, new ProcRoot(given).Path);

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    public void TheEnvironmentReplacesTheDefaultPathOnly(string? path)
    {
        string? before = Environment.GetEnvironmentVariable(ProcRoot.EnvironmentVariable);
        try
        {
            Environment.SetEnvironmentVariable(ProcRoot.EnvironmentVariable, null);
            Assert.Equal("/proc", new ProcRoot(path).Path);
            Environment.SetEnvironmentVariable(ProcRoot.EnvironmentVariable, "/host/proc/");
            Assert.Equal("/host/proc", new ProcRoot(path).Path);
            Assert.Equal("/named", new ProcRoot("/named").Path);
        }
        finally
        {
            Environment.SetEnvironmentVariable(ProcRoot.EnvironmentVariable, before);
        }
    }

    [Fact]
    public void ProcessIdsAreTheNumericDirectoriesInOrder()
    {
        using FakeProc tree = new FakeProc()
            .Process(300).Process(20).Process(1)
            .Text("sys/kernel/osrelease", "6.18.0").Text("4", "a file, not a process").Text("-5/comm", "x").Text("7x/comm", "x")
            .Text("020/comm", "x").Text("0/comm", "x").Text("99999999999/comm", "x");
        Assert.Equal([1, 20, 300], tree.Root.GetProcessIds());
    }

    [Fact]
    public void TheLiveTreeContainsThisProcess() => Assert.Contains(Environment.ProcessId, new ProcRoot("/proc").GetProcessIds());
}
