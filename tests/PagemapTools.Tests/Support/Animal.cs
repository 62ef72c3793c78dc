using System.Diagnostics;
using System.Text.Json;

namespace PagemapTools.Tests.Support;

/// <summary>A process of tests/PagemapTools.Zoo: pages in known states.</summary>
internal sealed class Animal : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly Process _process;
    private bool _isStopped;

    private Animal(Process process)
    {
        _process = process;
        Description = ReadDescription();
    }

    public int ProcessId => _process.Id;

    public Process Process => _process;

    public AnimalDescription Description { get; private set; }

    public IReadOnlyList<int> Children => Description.Children;

    public AnimalRegion this[string region] => Description.Regions.First(candidate => candidate.Name == region);

    private const int SmallRegion = 4096;

    /// <summary>The first region, which is the only one of most animals.</summary>
    public AnimalRegion Region => Description.Regions[0];

    /// <summary>Starts an animal; skips the test, with the reason, where this machine cannot have it.</summary>
    public static Animal Start(string name, params ReadOnlySpan<string> options) => StartAs(user: null, name, options);

    public static Animal StartAs(string? user, string name, params ReadOnlySpan<string> options)
    {
        ProcessStartInfo start = DotnetProgram.StartInfo(BuiltFiles.Zoo, user);
        start.ArgumentList.Add(name);
        foreach (string option in options)
        {
            start.ArgumentList.Add(option);
        }

        Animal animal = new(Process.Start(start)!);
        if (animal.Description.Skipped is { } reason)
        {
            animal.Dispose();
            Assert.Skip($"The zoo has no '{name}' here: {reason}.");
        }

        // A large region may have a few pages there: whoever looks at each of them allows for it.
        if (animal.Description.Regions.Any(region => region.PageCount <= SmallRegion && BlindMemory.Holds(region.Pid, region.Address, region.PageCount)))
        {
            animal.Dispose();
            Assert.Skip($"'{name}' lies where the kernel does not know its own memory.");
        }

        return animal;
    }

    /// <summary>Makes the animal's next step.</summary>
    public void Next(string argument = "")
    {
        _process.StandardInput.WriteLine($"next {argument}".TrimEnd());
        _process.StandardInput.Flush();
        Description = ReadDescription();
    }

    /// <summary>Stops it and its children, so that nothing changes while they are measured.</summary>
    public Animal Freeze()
    {
        _isStopped = true;
        foreach (int processId in Children.Append(ProcessId))
        {
            Signals.Stop(processId);
        }

        return this;
    }

    /// <summary>Ends it at once, and waits until nothing of it is left.</summary>
    public void Kill()
    {
        Signals.Kill(ProcessId);
        _process.WaitForExit(s_patience);
    }

    public void Dispose()
    {
        foreach (int processId in _isStopped ? Children.Append(ProcessId) : [])
        {
            Signals.Continue(processId);
        }

        _process.StandardInput.Close();
        if (!_process.WaitForExit(s_patience))
        {
            Kill();
        }

        _process.Dispose();
    }

    private AnimalDescription ReadDescription()
    {
        string line = _process.StandardOutput.ReadLine() ?? throw new Xunit.Sdk.XunitException($"The zoo ended: {_process.StandardError.ReadToEnd()}");
        return JsonSerializer.Deserialize<AnimalDescription>(line, JsonSerializerOptions.Web)!;
    }
}

internal sealed record AnimalDescription(int[] Children, AnimalRegion[] Regions, string? Skipped);

/// <summary>A range of addresses of an animal, and what was done to its pages.</summary>
internal sealed record AnimalRegion(string Name, int Pid, string Start, long Length, Dictionary<string, string> Expect)
{
    public ulong Address => Convert.ToUInt64(Start, 16);

    public ulong End => Address + (ulong)Length;

    /// <summary>As -Address takes it.</summary>
    public string Range => $"{Start}-0x{End:x}";

    public int PageCount => (int)(Length / Environment.SystemPageSize);

    /// <summary>The addresses of the pages under a key of Expect.</summary>
    public ulong[] Pages(string key) => [.. Indices(Expect[key]).Select(AddressOf)];

    public ulong AddressOf(int page) => Address + ((ulong)page * (ulong)Environment.SystemPageSize);

    private static IEnumerable<int> Indices(string list)
    {
        foreach (string part in list is "none" ? [] : list.Split(','))
        {
            string[] ends = part.Split('-');
            int first = int.Parse(ends[0]);
            for (int page = first; page <= int.Parse(ends[^1]); page++)
            {
                yield return page;
            }
        }
    }
}
