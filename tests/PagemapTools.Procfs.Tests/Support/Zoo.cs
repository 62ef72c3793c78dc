using System.Diagnostics;
using System.Text.Json;

namespace PagemapTools.Procfs.Tests.Support;

/// <summary>A process whose pages are in known states, of the program PagemapTools.Zoo; ended with the test.</summary>
internal sealed class Zoo : IDisposable
{
    // Under QEMU's TCG a start takes seconds, and swap areas are waited for in turn.
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(4);

    private readonly Process _process;
    private readonly HashSet<int> _stopped = [];

    private Zoo(Process process)
    {
        _process = process;
        Read();
    }

    public int ProcessId => _process.Id;

    public IReadOnlyList<int> Children { get; private set; } = [];

    public IReadOnlyList<ZooRegion> Regions { get; private set; } = [];

    public ZooRegion this[string name] => Regions.First(region => region.Name == name);

    /// <summary>Starts an animal; skips the test, with the zoo's reason, where this machine cannot make it.</summary>
    public static Zoo Start(string animal, params IEnumerable<string> options)
    {
        Zoo zoo = new(Process.Start(ZooProgram.Start(animal, options))!);
        if (zoo.Skipped is { } reason)
        {
            zoo.Dispose();
            Assert.Skip($"{animal}: {reason}");
        }

        return zoo;
    }

    private string? Skipped { get; set; }

    public bool Has(string region) => Regions.Any(each => each.Name == region);

    /// <summary>Lets the animal do its next step.</summary>
    public Zoo Next(string argument = "")
    {
        ResumeAll();
        _process.StandardInput.WriteLine($"next {argument}".TrimEnd());
        Read();
        return this;
    }

    /// <summary>Asks for the next step and does not wait for it.</summary>
    public void Ask(string line) => _process.StandardInput.WriteLine(line);

    /// <summary>SIGSTOP to the animal and its children, so that nothing of them changes until they go on.</summary>
    public Zoo Stop()
    {
        foreach (int processId in (int[])[ProcessId, .. Children])
        {
            if (ProcessStatus.Of(processId) != 'Z' && _stopped.Add(processId))
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
            // It undoes what it did to the machine (swap, hugetlb) only if it is asked to end.
            Try(() => _process.StandardInput.WriteLine("exit"));
            Try(_process.StandardInput.Close);
            if (!_process.WaitForExit(s_patience))
            {
                _process.Kill();
            }
        }

        foreach (int child in Children.Where(child => ProcessStatus.Parent(child) == ProcessId))
        {
            Signals.Kill(child);
        }

        _process.Dispose();
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (IOException)
        {
            // It has gone already.
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

    private void Read()
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(s_patience) || line.Result is null)
        {
            bool hasExited = _process.WaitForExit(TimeSpan.FromSeconds(5));
            throw new InvalidOperationException($"The zoo said nothing; {(hasExited ? $"it ended with {_process.ExitCode}" : "it is still there")}.");
        }

        using JsonDocument json = JsonDocument.Parse(line.Result);
        Skipped = json.RootElement.GetProperty("skipped").GetString();
        Children = [.. json.RootElement.GetProperty("children").EnumerateArray().Select(child => child.GetInt32())];
        Regions = [.. json.RootElement.GetProperty("regions").EnumerateArray().Select(ZooRegion.Of)];
    }
}
