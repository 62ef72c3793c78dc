using System.Text;
using BenchmarkDotNet.Attributes;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Benchmarks.Micro;

/// <summary>Nanoseconds per line of /proc/PID/maps, for this process.</summary>
public class MapsParserBenchmarks
{
    private const int Lines = 64;

    private readonly byte[][] _lines = new byte[Lines][];
    private MapsParser _parser = null!;

    [GlobalSetup]
    public void Read()
    {
        string[] own = File.ReadAllLines("/proc/self/maps");
        for (int i = 0; i < Lines; i++)
        {
            _lines[i] = Encoding.Latin1.GetBytes(own[i % own.Length]);
        }

        ProcRoot root = new();
        _parser = new MapsParser(new ProcessContext(Environment.ProcessId, "self", SwapTypes.Read(root)), MapsParser.FileName);
    }

    [Benchmark(OperationsPerInvoke = Lines)]
    public ulong Parse()
    {
        ulong sum = 0;
        foreach (byte[] line in _lines)
        {
            sum += _parser.Parse(line).Start;
        }

        return sum;
    }
}
