using System.Diagnostics;

namespace PagemapTools.Procfs.Tests;

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
    public void A_name_that_the_kernel_cut_is_completed_from_the_command_line(string comm, string commandLine, string expected)
    {
        using MadeUpTree tree = new MadeUpTree().Text("7/comm", comm + "\n").Text("7/cmdline", commandLine);
        Assert.Equal(expected, tree.Root.ProcessName(7));
    }

    [Fact]
    public void A_process_that_is_not_there_has_no_name()
    {
        using MadeUpTree tree = new();
        Assert.Null(tree.Root.ProcessName(7));
    }

    [Fact]
    public void A_name_that_is_not_utf8_is_shown_with_numbers()
    {
        using MadeUpTree tree = new MadeUpTree().Bytes("7/comm", [(byte)'x', 0xff, (byte)'\n']);
        Assert.Equal(@"x\xff", tree.Root.ProcessName(7));
    }

    [Fact]
    public void Names_are_those_that_the_framework_gives()
    {
        ProcRoot root = new("/proc");
        int compared = 0;
        foreach (Process process in Process.GetProcesses())
        {
            using (process)
            {
                compared += AgreesOn(root, process) ? 1 : 0;
            }
        }

        Assert.True(compared > 0);
    }

    private static bool AgreesOn(ProcRoot root, Process process)
    {
        // A process may rename itself (or end) between the looks.
        string? before = root.ProcessName(process.Id);
        string? framework = NameByFramework(process.Id);
        if (framework is null || before is null || before != root.ProcessName(process.Id))
        {
            return false;
        }

        Assert.Equal(framework, before);
        return true;
    }

    private static string? NameByFramework(int processId)
    {
        try
        {
            using Process process = Process.GetProcessById(processId);
            return process.ProcessName;
        }
        catch (Exception gone) when (gone is ArgumentException or InvalidOperationException)
        {
            return null;
        }
    }
}
