using System.Diagnostics;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>
/// Reads a process id over and over while it passes from program to program. Each reading has the pages of one program, or ends with an
/// error. The programs are copies of the shell, so that the paths of mappings tell them apart.
/// </summary>
[Trait("Tier", "Privileged")]
[Collection(MachineSettings.Name)]
public sealed class ProgramStormTests : IDisposable
{
    private const string One = "storm-one";
    private const string Two = "storm-two";
    private const int MinReadings = 20;

    // 30 ms of work for a shell, ten times as long as a reading takes: on a busy machine both take longer.
    private const string Spin = "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done";

    private static readonly TimeSpan s_duration = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);
    private readonly ShellCopies _shells = new(One, Two);

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose() => _shells.Dispose();

    [Fact]
    public void ExecGivesRowsOfOneProgram()
    {
        _shells.WriteScript("one.sh", $"{Spin}\nexec {GetPath(Two)} {GetPath("two.sh")}\n");
        _shells.WriteScript("two.sh", $"{Spin}\nexec {GetPath(One)} {GetPath("one.sh")}\n");
        using Process process = Process.Start(GetPath(One), [GetPath("one.sh")]);
        HashSet<string> seen = [];
        ReadRepeatedly(() => process.Id, seen, () => seen.Count == 2);
        process.Kill();
        process.WaitForExit();
        Assert.Equal([One, Two], seen.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task AReusedProcessIdGivesRowsOfOneProgram()
    {
        const string LastId = "/proc/sys/kernel/ns_last_pid";
        Require.InitialRoot();
        Require.That(KernelFile.CanWrite(LastId), "ns_last_pid", "the next process id cannot be chosen: CONFIG_CHECKPOINT_RESTORE or CAP_CHECKPOINT_RESTORE is missing");
        using CancellationTokenSource end = new();
        using Process first = Process.Start(CreateHeld(One))!;
        int processId = first.Id;
        first.Kill();
        first.WaitForExit();
        Task alternation = Task.Run(() => Alternate(processId, LastId, end.Token), CancellationToken);
        HashSet<string> seen = [];
        ReadRepeatedly(() => processId, seen, () => seen.Count == 2);
        await end.CancelAsync();
        await alternation;
        Assert.Equal([One, Two], seen.Order(StringComparer.Ordinal));
    }

    /// <summary>A program with the set-user-ID bit is not readable for the user who starts it, although the process was.</summary>
    [Fact]
    public void ASetUserIdProgramGivesNoRowsToItsUser()
    {
        Require.InitialRoot();
        Require.Nobody();
        File.SetUnixFileMode(GetPath(Two), UnixFileMode.SetUser | (UnixFileMode)0b111_101_101);
        RequireSetUserId();
        _shells.WriteScript("one.sh", $"{Spin}\nexec {GetPath(Two)} -c '{Spin}'\n");
        int readings = 0;
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < s_duration || readings < MinReadings;)
        {
            Assert.True(clock.Elapsed < s_patience, $"{readings} readings");
            using Process process = UnprivilegedRunner.StartAsNobody(new ProcessStartInfo(GetPath(One), [GetPath("one.sh")]));
            while (!process.HasExited)
            {
                (List<MemoryMapping> mappings, bool isWhole, ProcfsException? failure) = UnprivilegedRunner.RunAsNobody(() => ReadMappings(process.Id));
                Assert.True(failure is null, $"{failure}");
                Assert.DoesNotContain(mappings, mapping => mapping.Path == GetPath(Two));
                readings += isWhole && mappings.Exists(mapping => mapping.Path == GetPath(One)) ? 1 : 0;
            }
        }
    }

    [Fact]
    public void AnExitOfTheMainThreadGivesAllRowsOrAnError()
    {
        for (int round = 0; round < 3; round++)
        {
            using TargetProcess target = TargetProcess.Start("leaderless");
            TargetRegion region = target["leaderless"];
            target.SendLine("next");
            int complete = 0;
            for (Stopwatch clock = Stopwatch.StartNew(); complete < MinReadings;)
            {
                Assert.True(clock.Elapsed < s_patience, $"{complete} readings");
                (List<ProcessPageInfo> pages, bool isWhole) = Read(target.ProcessId);
                int inRegion = pages.Count(page => page.Address >= region.Start && page.Address < region.End);
                Assert.True(!isWhole || inRegion == region.PageCount, $"{inRegion} of {region.PageCount} pages");
                complete += isWhole ? 1 : 0;
            }
        }
    }

    [Fact]
    public void MovingMappingsGiveRowsInsideOfTheirMappings()
    {
        using TargetProcess target = TargetProcess.Start("storm", "pause=0");
        UssMeter meter = new(new ProcfsContext(new ProcRoot("/proc")));
        int readings = 0;
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < s_duration || readings < MinReadings; readings++)
        {
            Assert.True(clock.Elapsed < s_patience, $"{readings} readings");
            (List<ProcessPageInfo> pages, bool isWhole) = Read(target.ProcessId);
            Assert.True(isWhole, "the process lives");
            CheckRows(target.ProcessId, pages);
            ProcessUss uss = meter.Measure(target.ProcessId, cancellationToken: CancellationToken);
            Assert.True(uss.Rss is null || uss.Uss <= uss.Rss, $"{uss.Uss} of {uss.Rss}");
        }
    }

    private string GetPath(string name) => _shells.GetPath(name);

    // The shell waits for a line that never comes.
    private ProcessStartInfo CreateHeld(string name) => new(GetPath(name), ["-c", "read line"]) { RedirectStandardInput = true, UseShellExecute = false };

    private void Alternate(int processId, string lastId, CancellationToken end)
    {
        for (int i = 0; !end.IsCancellationRequested; i++)
        {
            File.WriteAllText(lastId, $"{processId - 1}");
            using Process process = Process.Start(CreateHeld(i % 2 == 0 ? One : Two))!;

            // Another process may have taken the id.
            if (process.Id == processId)
            {
                Thread.Sleep(5);
            }

            process.Kill();
            process.WaitForExit();
        }
    }

    private void RequireSetUserId()
    {
        using Process probe = UnprivilegedRunner.StartAsNobody(CreateHeld(Two));
        bool isSetUserId = SpinWait.SpinUntil(() => new FileInfo($"/proc/{probe.Id}/exe").LinkTarget == GetPath(Two), s_patience)
            && !UnprivilegedRunner.RunAsNobody(() => KernelFile.CanRead($"/proc/{probe.Id}/maps"));
        probe.Kill();
        probe.WaitForExit();
        Require.That(isSetUserId, "SetUserId", $"the file system of {_shells.Directory} ignores the set-user-ID bit");
    }

    private void ReadRepeatedly(Func<int> getProcessId, HashSet<string> seen, Func<bool> isEnough)
    {
        int whole = 0;
        for (Stopwatch clock = Stopwatch.StartNew(); clock.Elapsed < s_duration || whole < MinReadings || !isEnough();)
        {
            Assert.True(clock.Elapsed < s_patience, $"{whole} whole readings of {string.Join(", ", seen)}");
            int processId = getProcessId();
            (List<ProcessPageInfo> pages, bool isWhole) = Read(processId);
            CheckRows(processId, pages);

            // While a process is started it has the address space of the process that starts it.
            string[] programs = [.. pages.Select(page => page.Mapping!.Path).Distinct(StringComparer.Ordinal).Where(IsProgram).Select(path => Path.GetFileName(path)!)];
            Assert.True(programs.Length <= 1, string.Join(", ", programs));
            Assert.True(!isWhole || pages.Exists(page => page.Mapping!.Kind == MappingKind.Stack), $"{pages.Count} pages, and none of the stack");
            seen.UnionWith(isWhole ? programs.Where(program => program is One or Two) : []);
            whole += isWhole ? 1 : 0;
        }
    }

    private bool IsProgram(string? path) => path == GetPath(One) || path == GetPath(Two) || path?.EndsWith("libcoreclr.so", StringComparison.Ordinal) == true;

    private static void CheckRows(int processId, List<ProcessPageInfo> pages)
    {
        ulong next = 0;
        foreach (ProcessPageInfo page in pages)
        {
            Assert.Equal(processId, page.ProcessId);
            Assert.True(page.Address >= next && page.Address >= page.Mapping!.Start && page.Address < page.Mapping.End, $"{page.Address:x} after {next:x}, in {page.Mapping}");
            next = page.Address + PageGeometry.PageSize;
        }
    }

    private static (List<ProcessPageInfo> Pages, bool IsWhole) Read(int processId)
    {
        List<ProcessPageInfo> pages = [];
        using ProcfsContext procfs = new(new ProcRoot("/proc"));
        return (pages, TryAddAll(pages, procfs.ReadPages(processId, cancellationToken: CancellationToken)));
    }

    // The thread of another user must not throw.
    private static (List<MemoryMapping> Mappings, bool IsWhole, ProcfsException? Failure) ReadMappings(int processId)
    {
        List<MemoryMapping> mappings = [];
        try
        {
            return (mappings, TryAddAll(mappings, OpenAndRead()), null);
        }
        catch (ProcfsException unexpected)
        {
            return (mappings, false, unexpected);
        }

        IEnumerable<MemoryMapping> OpenAndRead()
        {
            using ProcessAddressSpace process = ProcessAddressSpace.Open(new ProcRoot("/proc"), processId);
            foreach (MemoryMapping mapping in process.ReadMappings())
            {
                yield return mapping;
            }
        }
    }

    /// <summary>Adds what is read before an error, too.</summary>
    private static bool TryAddAll<T>(List<T> rows, IEnumerable<T> reading)
    {
        try
        {
            foreach (T row in reading)
            {
                rows.Add(row);
            }

            return true;
        }
        catch (ProcfsException failure) when (failure.IsExpected)
        {
            return false;
        }
    }
}
