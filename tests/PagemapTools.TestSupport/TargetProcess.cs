using System.Diagnostics;
using System.Text.Json;

namespace PagemapTools.TestSupport;

/// <summary>A running process of PagemapTools.TestProcesses, whose pages are in known states; Dispose ends it.</summary>
internal sealed class TargetProcess : IDisposable
{
    // After so many starts another process is not likely to get other memory.
    private const int MaxStarts = 4;
    private const int SmallRegionPages = 4096;

    // A start takes seconds under QEMU's TCG, and processes wait for each other's swap area.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly HashSet<int> _stopped = [];

    private TargetProcess(Process process)
    {
        _process = process;
        ReadReport();
    }

    public int ProcessId => _process.Id;

    public Process Process => _process;

    public IReadOnlyList<int> Children { get; private set; } = [];

    public IReadOnlyList<TargetRegion> Regions { get; private set; } = [];

    /// <summary>The first region; most kinds have only one.</summary>
    public TargetRegion Region => Regions[0];

    /// <summary>The reason why this machine cannot make the process; null if the machine can.</summary>
    public string? Skipped { get; private set; }

    public TargetRegion this[string name] => Regions.First(region => region.Name == name);

    /// <summary>Starts a process of a kind; skips the test, with the program's reason, if this machine cannot make the process.</summary>
    public static TargetProcess Start(string kind, params IEnumerable<string> options) => StartAs(null, kind, options);

    public static TargetProcess StartAs(string? user, string kind, params IEnumerable<string> options)
    {
        // A process in untracked memory lives until this method returns, so that the next process does not get the same page frames.
        List<TargetProcess> untracked = [];
        Require.That(true, TargetProgram.GetFeature(kind), kind);
        try
        {
            for (int start = 1; ; start++)
            {
                TargetProcess target = Launch(kind, options, user);
                if (target.Skipped is { } reason)
                {
                    target.Dispose();
                    Require.That(false, TargetProgram.GetFeature(kind), $"{kind}: {reason}");
                }

                if (start == MaxStarts || !target.LiesInUntrackedMemory())
                {
                    return target;
                }

                if (TargetProgram.ChangesMachine(kind))
                {
                    target.Dispose();
                }
                else
                {
                    untracked.Add(target);
                }
            }
        }
        finally
        {
            untracked.ForEach(target => target.Dispose());
        }
    }

    /// <summary>Starts a process; skips the test if kpageflags does not cover the memory of any started process.</summary>
    public static TargetProcess StartInKnownMemory(string kind, params IEnumerable<string> options)
    {
        TargetProcess target = Start(kind, options);
        try
        {
            foreach (TargetRegion region in target.SmallRegions())
            {
                Require.KnownMemory(region);
            }
        }
        catch
        {
            target.Dispose();
            throw;
        }

        return target;
    }

    /// <summary>Starts a process once, without a check of its report or its memory.</summary>
    public static TargetProcess Launch(string kind, IEnumerable<string> options, string? user = null) =>
        new(Process.Start(TargetProgram.CreateStartInfo(kind, options, user))!);

    /// <summary>Starts a process whose memory, from its first page on, is charged to a cgroup; skips the test if this machine cannot make the process.</summary>
    public static TargetProcess StartIn(MemoryCgroup cgroup, string kind, params IEnumerable<string> options) =>
        StartThrough(["/bin/sh", "-c", "echo $$ > \"$0\" && exec \"$@\"", cgroup.ProcessesFile], kind, options);

    /// <summary>Starts a process of an ordinary user who is root in a user namespace and a mount namespace of its own.</summary>
    public static TargetProcess StartInUserNamespace(string user, string kind, params IEnumerable<string> options) =>
        StartThrough(["unshare", "--user", "--map-root-user", "--mount"], kind, options, user);

    private static TargetProcess StartThrough(string[] prefix, string kind, IEnumerable<string> options, string? user = null)
    {
        ProcessStartInfo start = TargetProgram.CreateStartInfo(kind, options, user);
        string[] command = [.. prefix, start.FileName, .. start.ArgumentList];
        start.FileName = command[0];
        start.ArgumentList.Clear();
        foreach (string argument in command[1..])
        {
            start.ArgumentList.Add(argument);
        }

        TargetProcess target = new(Process.Start(start)!);
        if (target.Skipped is { } reason)
        {
            target.Dispose();
            Require.That(false, TargetProgram.GetFeature(kind), $"{kind}: {reason}");
        }

        return target;
    }

    public bool HasRegion(string region) => Regions.Any(each => each.Name == region);

    /// <summary>Makes the process do its next step, and waits for the report.</summary>
    public TargetProcess Next(string argument = "")
    {
        ResumeAll();
        WriteLine($"next {argument}".TrimEnd());
        ReadReport();
        return this;
    }

    /// <summary>Sends a line to the process without waiting for the report.</summary>
    public void SendLine(string line) => WriteLine(line);

    /// <summary>Sends SIGSTOP to the process and its children, so that their memory does not change.</summary>
    public TargetProcess Stop()
    {
        foreach (int processId in (int[])[ProcessId, .. Children])
        {
            if (ProcessStatus.GetState(processId) != 'Z' && _stopped.Add(processId))
            {
                Signals.Stop(processId);
            }
        }

        return this;
    }

    public void Kill()
    {
        Signals.Kill(ProcessId);
        _process.WaitForExit();
    }

    public bool WaitForExit(TimeSpan limit) => _process.WaitForExit(limit);

    public void Dispose()
    {
        ResumeAll();
        if (!_process.HasExited)
        {
            // The process undoes its changes to the machine (swap, hugetlb) on "exit", not on a signal.
            Try(() => WriteLine("exit"));
            Try(_process.StandardInput.Close);
            if (!_process.WaitForExit(s_patience))
            {
                _process.Kill();
            }
        }

        foreach (int child in Children.Where(child => ProcessStatus.GetParent(child) == ProcessId))
        {
            Signals.Kill(child);
        }

        _process.Dispose();
    }

    /// <summary>Regions to check for untracked memory. A large region may have a few pages there, and its tests allow for them.</summary>
    private IEnumerable<TargetRegion> SmallRegions() => Regions.Where(region => region.PageCount <= SmallRegionPages);

    private bool LiesInUntrackedMemory() => UntrackedMemory.Exists && SmallRegions().Any(UntrackedMemory.Contains);

    private void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IOException)
        {
            // The process has already exited.
        }
    }

    private void ResumeAll()
    {
        foreach (int processId in _stopped)
        {
            Signals.Continue(processId);
        }

        _stopped.Clear();
    }

    private void ReadReport()
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(s_patience) || line.Result is null)
        {
            bool hasExited = _process.WaitForExit(TimeSpan.FromSeconds(5));
            throw new InvalidOperationException($"The test process reported nothing; {(hasExited ? $"it ended with {_process.ExitCode}" : "it is still there")}.");
        }

        using JsonDocument json = JsonDocument.Parse(line.Result);
        Skipped = json.RootElement.GetProperty("skipped").GetString();
        Children = [.. json.RootElement.GetProperty("children").EnumerateArray().Select(child => child.GetInt32())];
        Regions = [.. json.RootElement.GetProperty("regions").EnumerateArray().Select(TargetRegion.Parse)];
    }
}
