using System.Diagnostics;
using System.Management.Automation;

namespace PagemapTools.Tests;

/// <summary>Cmdlets read all processes while other processes start and exit all the time, as during a compilation.</summary>
[Collection(ExclusiveCollection.Name)]
[Trait("Tier", "Live")]
public sealed class BusyMachineTests
{
    private const int Rounds = 10;

    // The errors for a process that has exited, one that is exiting, and one that this user must not read.
    private static readonly string[] s_expected = ["NoProcessFoundForGivenId", "ProcessHasNoAddressSpace", "PagemapAccessDenied"];

    [Theory]
    [InlineData("Measure-ProcessUss")]
    [InlineData("Measure-ProcessUss -ByMapping")]
    [InlineData("Get-ProcessPageMap -Name * -AsRange")]
    public void CmdletReadsAllProcessesWhileOthersStartAndExit(string command)
    {
        using Session session = new();
        using Churn churn = new();

        for (int round = 0; round < Rounds; round++)
        {
            Outcome outcome = session.Run(command);

            Assert.Null(outcome.Termination);
            Assert.All(outcome.Errors, error => Assert.Contains(error.GetErrorId(), s_expected));
            Assert.Contains(Environment.ProcessId, outcome.Output.GetColumn<int>("ProcessId"));
        }

        Assert.False(churn.HasEnded);
    }

    /// <summary>Two shells that start programs as fast as they can.</summary>
    private sealed class Churn : IDisposable
    {
        private readonly Process[] _shells = [Start(), Start()];

        public bool HasEnded => _shells.Any(shell => shell.HasExited);

        public void Dispose()
        {
            foreach (Process shell in _shells)
            {
                shell.Kill(entireProcessTree: true);
                shell.WaitForExit();
                shell.Dispose();
            }
        }

        private static Process Start() => Process.Start("sh", ["-c", "while :; do cat /proc/self/maps >/dev/null; done"]);
    }
}
