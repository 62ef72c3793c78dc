using System.Globalization;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Procfs.Walk;

namespace PagemapTools.Benchmarks.Verbs;

/// <summary>Streams pages through a pipeline in a process of its own, which then prints its peak memory.</summary>
internal static class StreamVerb
{
    public const string Name = "stream";

    /// <summary>The peak in MiB of streaming a range of a process's pages.</summary>
    public static double Measure(string module, int processId, AddressRange range, long pages)
    {
        string output = ChildProcess.RunSelf(Name, module, $"{processId}", $"{range}");
        return output.Split(' ') is [var arrived, var kibibytes] && long.Parse(arrived) == pages
            ? double.Parse(kibibytes, CultureInfo.InvariantCulture) / 1024
            : throw new BenchmarkException($"{pages} pages are present, and arrived: {output}");
    }

    public static int Run(string[] arguments)
    {
        using EmbeddedEngine engine = new(arguments[0]);
        long arrived = engine.Number($"Get-ProcessPageMap -Id {arguments[1]} -Address {arguments[2]} | Measure-Arrival");
        Console.Out.Write($"{arrived} {Machine.ReadKibibytes("/proc/self/status", "VmHWM")}");
        return ExitStatus.Met;
    }
}
