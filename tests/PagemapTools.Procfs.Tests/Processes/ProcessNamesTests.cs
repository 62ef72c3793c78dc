using PagemapTools.Procfs.Processes;
using System.Diagnostics;
using System.Text;
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
    [InlineData("пять-про", "/opt/пять-процессов-db\0", "пять-процессов-db")]
    [InlineData("a-name-of-15-by", "/a-name-of-15-bytes-and-more", "a-name-of-15-bytes-and-more")]
    [InlineData("short", "short-but-longer\0", "short")]
    [InlineData("with (a) space", "x\0", "with (a) space")]
    public void TheCommandLineCompletesATruncatedName(string comm, string commandLine, string expected)
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", comm + "\n").WriteText("7/cmdline", commandLine);
        Assert.Equal(expected, tree.Root.GetProcessName(7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void AnAbsentProcessHasNoName()
    {
        using FakeProc tree = new();
        Assert.Null(tree.Root.GetProcessName(7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void NamesShowInvalidUtf8AsHexNumbers()
    {
        using FakeProc tree = new FakeProc().WriteBytes("7/comm", [(byte)'x', 0xff, (byte)'\n']);
        Assert.Equal(@"x\xff", tree.Root.GetProcessName(7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void NameCutWithinCharacterIsCompleted()
    {
        // The fifteenth byte is the first of the two bytes of a letter.
        byte[] name = Encoding.UTF8.GetBytes("x-процессор");
        using FakeProc tree = new FakeProc().WriteBytes("7/comm", [.. name[..15], (byte)'\n']).WriteBytes("7/cmdline", [.. name, 0]);
        Assert.Equal("x-процессор", tree.Root.GetProcessName(7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void OnlyTheBeginningOfTheCommandLineIsRead()
    {
        using FakeProc tree = new FakeProc().WriteText("7/comm", "a-name-of-15-by\n").WriteText("7/cmdline", "a-name-of-15-bytes-and-more");
        using (FileStream commandLine = File.OpenWrite(tree.GetPath("7/cmdline")))
        {
            commandLine.SetLength(64 * 1024 * 1024);
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Equal("a-name-of-15-bytes-and-more", tree.Root.GetProcessName(7, TestContext.Current.CancellationToken));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1024 * 1024);
        tree.WriteText("7/cmdline", "a-name-of-15-by" + new string('s', 8192));
        Assert.Equal("a-name-of-15-by", tree.Root.GetProcessName(7, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void LiveNamesEqualThoseOfTheFramework()
    {
        using Process process = StartSleep("sleep-name-test"u8);
        Assert.Equal("sleep-name-test", new ProcRoot("/proc").GetProcessName(process.Id, TestContext.Current.CancellationToken));
        Assert.Equal(process.ProcessName, new ProcRoot("/proc").GetProcessName(process.Id, TestContext.Current.CancellationToken));
        process.Kill();
    }

    [Fact]
    public void LiveNamesShowInvalidUtf8AsHexNumbers()
    {
        using Process process = StartSleep([(byte)'x', 0xff, (byte)'y']);
        Assert.Equal(@"x\xffy", new ProcRoot("/proc").GetProcessName(process.Id, TestContext.Current.CancellationToken));
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
