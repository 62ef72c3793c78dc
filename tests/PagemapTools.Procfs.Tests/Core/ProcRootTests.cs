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
            .AddProcess(300).AddProcess(20).AddProcess(1)
            .WriteText("sys/kernel/osrelease", "6.18.0").WriteText("4", "a file, not a process").WriteText("-5/comm", "x").WriteText("7x/comm", "x")
            .WriteText("020/comm", "x").WriteText("0/comm", "x").WriteText("99999999999/comm", "x");
        Assert.Equal([1, 20, 300], tree.Root.GetProcessIds());
    }

    [Fact]
    public void TheLiveTreeContainsThisProcess() => Assert.Contains(Environment.ProcessId, new ProcRoot("/proc").GetProcessIds());
}
