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
public sealed class GroupNamesTests : IDisposable
{
    private const string Large = "group-large";
    private const string Small = "group-small";
    private const long Size = 8 << 20;
    private const int MinMeasurements = 20;

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("pagemaptools-groups-");

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Delete(recursive: true);

    [Fact]
    public void AGroupHasTheNameOfTheProgramThatWasWalked()
    {
        Require.InitialRoot();
        string shell = File.ResolveLinkTarget("/bin/sh", returnFinalTarget: true)?.FullName ?? "/bin/sh";
        Require.That(!shell.Contains("busybox", StringComparison.Ordinal), "Shell", "the shell of busybox runs under no other name");
        string large = WriteProgram(shell, Large, $"x=$(head -c {Size} /dev/zero | tr '\\000' x)\ni=0; while [ $i -lt 5000 ]; do i=$((i+1)); done\nexec {GetPath(Small)} {GetPath("small.sh")}\n", "large.sh");
        _ = WriteProgram(shell, Small, $"i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done\nexec {GetPath(Large)} {GetPath("large.sh")}\n", "small.sh");
        using Process process = Process.Start(large, [GetPath("large.sh")]);
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

    private string WriteProgram(string shell, string name, string script, string scriptName)
    {
        File.Copy(shell, GetPath(name));
        File.WriteAllText(GetPath(scriptName), script);
        return GetPath(name);
    }

    private string GetPath(string name) => Path.Join(_directory.FullName, name);
}
