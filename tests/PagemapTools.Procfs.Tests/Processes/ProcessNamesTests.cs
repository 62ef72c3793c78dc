using PagemapTools.Procfs.Processes;
using System.Diagnostics;
using PagemapTools.Procfs.Core;

namespace PagemapTools.Procfs.Tests.Processes;

[Trait("Tier", "Live")]
public sealed class ProcessNamesTests
{
    [Theory]
    [InlineData("pwsh", "/usr/bin/pwsh\0-NoLogo\0", "pwsh")]
    [InlineData("a-name-of-15-by", "/opt/a-name-of-15-bytes-and-more\0x\0", "a-name-of-15-bytes-and-more")]
    [InlineData("a-name-of-15-by", "python3\0/opt/a-name-of-15-bytes-script.py\0--flag\0", "a-name-of-15-bytes-script.py")]
    [InlineData("a-name-of-15-by", "sh\0-c\0a-name-of-15-bytes\0", "a-name-of-15-by")]
    [InlineData("a-name-of-15-by", "something-else\0", "a-name-of-15-by")]
    [InlineData("a-name-of-15-by", "", "a-name-of-15-by")]
    [InlineData("a-name-of-15-by", "a-name-of-15-by\0", "a-name-of-15-by")]
    [InlineData("short", "short-but-longer\0", "short")]
    [InlineData("with (a) space", "x\0", "with (a) space")]
    public void TheCommandLineCompletesATruncatedName(string comm, string commandLine, string expected)
    {
        using FakeProc tree = new FakeProc().Text("7/comm", comm + "\n").Text("7/cmdline", commandLine);
        Assert.Equal(expected, tree.Root.GetProcessName(7));
    }

    [Fact]
    public void AnAbsentProcessHasNoName()
    {
        using FakeProc tree = new();
        Assert.Null(tree.Root.GetProcessName(7));
    }

    [Fact]
    public void NamesShowInvalidUtf8AsHexNumbers()
    {
        using FakeProc tree = new FakeProc().Bytes("7/comm", [(byte)'x', 0xff, (byte)'\n']);
        Assert.Equal(@"x\xff", tree.Root.GetProcessName(7));
    }

    [Fact]
    public void LiveNamesEqualThoseOfTheFramework()
    {
        using Process process = StartSleep("sleep-name-test"u8);
        Assert.Equal("sleep-name-test", new ProcRoot("/proc").GetProcessName(process.Id));
        Assert.Equal(process.ProcessName, new ProcRoot("/proc").GetProcessName(process.Id));
        process.Kill();
    }

    [Fact]
    public void LiveNamesShowInvalidUtf8AsHexNumbers()
    {
        using Process process = StartSleep([(byte)'x', 0xff, (byte)'y']);
        Assert.Equal(@"x\xffy", new ProcRoot("/proc").GetProcessName(process.Id));
        process.Kill();
    }

    /// <summary>Starts a process that writes these bytes to its own /proc/PID/comm and waits.</summary>
    private static Process StartSleep(ReadOnlySpan<byte> name)
    {
        string octal = string.Concat(name.ToArray().Select(value => $"\\{Convert.ToString(value, 8).PadLeft(3, '0')}"));
        string script = $"printf '{octal}' >/proc/$$/comm; echo; read line";
        Process process = Process.Start(new ProcessStartInfo("sh", ["-c", script]) { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        process.StandardOutput.ReadLine();
        return process;
    }
}
