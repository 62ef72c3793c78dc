using System.Diagnostics;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>
/// Measures a group over and over while its process passes from a large program to a small one and back. The programs are copies of the
/// shell; their sizes tell which one was walked.
/// </summary>
[Trait("Tier", "Privileged")]
[Collection(MachineSettings.Name)]
public sealed class GroupNamesTests
{
    private const string Large = "group-large";
    private const string Small = "group-small";
    private const long Size = 8 << 20;
    private const int MinMeasurements = 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    [Fact]
    public void AGroupHasTheNameOfTheProgramThatWasWalked()
    {
        Require.InitialRoot();
        using ShellCopies shells = new(Large, Small);
        shells.WriteScript("large.sh", $"x=$(head -c {Size} /dev/zero | tr '\\000' x)\ni=0; while [ $i -lt 5000 ]; do i=$((i+1)); done\nexec {shells.GetPath(Small)} {shells.GetPath("small.sh")}\n");
        shells.WriteScript("small.sh", $"i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done\nexec {shells.GetPath(Large)} {shells.GetPath("large.sh")}\n");
        using Process process = Process.Start(shells.GetPath(Large), [shells.GetPath("large.sh")]);
        try
        {
            MeasureRepeatedly(process.Id);
        }
        finally
        {
            process.Kill();
            process.WaitForExit();
        }
    }

    private static void MeasureRepeatedly(int processId)
    {
        using ProcfsContext procfs = new(new ProcRoot("/proc"));
        GroupUssMeter meter = new(procfs);
        int ofLarge = 0;
        int ofSmall = 0;
        for (Stopwatch clock = Stopwatch.StartNew(); ofLarge < MinMeasurements || ofSmall < MinMeasurements;)
        {
            Assert.True(clock.Elapsed < s_patience, $"{ofLarge} and {ofSmall} measurements");
            (ProcessGroupUss? uss, IReadOnlyList<ProcfsException> failures) = meter.Measure([processId], cancellationToken: CancellationToken);
            Assert.All(failures, failure => Assert.True(failure.IsExpected, failure.Message));
            ofLarge += uss?.Uss > Size ? 1 : 0;
            ofSmall += uss?.Name == Small ? 1 : 0;
            Assert.False(uss?.Name == Small && uss.Uss > Size, $"{uss?.Uss} bytes of {uss?.Name}");
        }
    }
}
