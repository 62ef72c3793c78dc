using System.Diagnostics;
using System.Globalization;
using PagemapTools.Benchmarks.Budget;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>A Python program that measures processes with psutil, and has children that only wait. All end when it is disposed.</summary>
internal sealed class Psutil : IDisposable
{
    private const string Script = """
        import os, signal, sys, time, psutil
        children = []
        for _ in range(int(sys.argv[1])):
            child = os.fork()
            if child == 0:
                signal.pause()
            children.append(child)
        print(*children, flush=True)
        for line in sys.stdin:
            processes = 0
            uss = 0
            start = time.perf_counter()
            for pid in line.split():
                try:
                    memory = psutil.Process(int(pid)).memory_full_info()
                except psutil.Error:
                    continue
                processes += 1
                uss += memory.uss
            print((time.perf_counter() - start) * 1000, processes, uss, flush=True)
        for child in children:
            os.kill(child, signal.SIGKILL)
        """;

    private readonly Process _process;

    /// <summary>Starts the program.</summary>
    /// <exception cref="SkippedException">There is no Python with psutil.</exception>
    public Psutil(int children)
    {
        string python = new[] { Programs.Find("python3", null), "/usr/bin/python3" }.FirstOrDefault(HasPsutil)
            ?? throw new SkippedException("requires psutil: no python3 can import it (Debian: python3-psutil)");
        _process = Process.Start(new ProcessStartInfo(python, ["-c", Script, children.ToString(CultureInfo.InvariantCulture)])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        Children = [.. ReadLine().Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(id => int.Parse(id, CultureInfo.InvariantCulture))];
    }

    /// <summary>The processes that only wait.</summary>
    public IReadOnlyList<int> Children { get; }

    /// <summary>Calls memory_full_info of each process; returns the time of the calls alone, the number of processes measured, and the sum of their USS.</summary>
    public (double Milliseconds, int Processes, long Uss) Measure(IEnumerable<int> processIds)
    {
        _process.StandardInput.WriteLine(string.Join(' ', processIds));
        _process.StandardInput.Flush();
        string[] words = ReadLine().Split(' ');
        return (double.Parse(words[0], CultureInfo.InvariantCulture), int.Parse(words[1], CultureInfo.InvariantCulture), long.Parse(words[2], CultureInfo.InvariantCulture));
    }

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }

    private static bool HasPsutil(string? python)
    {
        if (!File.Exists(python))
        {
            return false;
        }

        using Process probe = Process.Start(new ProcessStartInfo(python, ["-c", "import psutil"]) { UseShellExecute = false, RedirectStandardError = true })!;
        probe.StandardError.ReadToEnd();
        probe.WaitForExit();
        return probe.ExitCode == 0;
    }

    private string ReadLine() => _process.StandardOutput.ReadLine() ?? throw new BenchmarkException("The Python program ended.");
}
