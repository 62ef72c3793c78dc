using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Procfs;

namespace PagemapTools.Benchmarks.Targets;

/// <summary>A process of the zoo. It ends when it is told to, and also when this program dies: its stdin is at its end then.</summary>
internal sealed class ZooProcess : IDisposable
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;
    private readonly string _recipe;

    private ZooProcess(Process process, string recipe, string? shortage, JsonElement region)
    {
        _process = process;
        _recipe = recipe;
        Shortage = shortage;
        ulong start = ulong.Parse(region.GetProperty("start").GetString()![2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        Range = new AddressRange(start, start + region.GetProperty("length").GetUInt64());
    }

    public int ProcessId => _process.Id;

    /// <summary>The region that was made; the runtime's own mappings are beside it.</summary>
    public AddressRange Range { get; }

    /// <summary>What was wanted and not made, for want of memory; null if all was.</summary>
    public string? Shortage { get; }

    public long PageCount => (long)((Range.End - Range.Start) / PageGeometry.PageSize);

    public static ZooProcess Start(string animal, string[] options, string? shortage)
    {
        Process process = ChildProcess.StartDotnet(Programs.OfThisBuild("PagemapTools.Zoo"), [animal, .. options]);
        try
        {
            string line = process.StandardOutput.ReadLine() ?? throw new BenchmarkException($"the zoo gave no {animal}");
            using JsonDocument report = JsonDocument.Parse(line);
            string? skipped = report.RootElement.GetProperty("skipped").GetString();
            return skipped is null
                ? new ZooProcess(process, Recipe(animal, options), shortage, report.RootElement.GetProperty("regions")[0])
                : throw new SkippedException($"the zoo cannot make {animal}: {skipped}");
        }
        catch
        {
            End(process);
            throw;
        }
    }

    public bool IsMadeFrom(string animal, string[] options) => _recipe == Recipe(animal, options);

    public long ResidentBytes() => Machine.KibibytesOf($"/proc/{ProcessId}/status", "VmRSS") * 1024;

    public void Dispose() => End(_process);

    private static string Recipe(string animal, string[] options) => string.Join(' ', [animal, .. options]);

    private static void End(Process process)
    {
        using (process)
        {
            process.StandardInput.Close();
            if (!process.WaitForExit(s_patience))
            {
                process.Kill();
                process.WaitForExit();
            }
        }
    }
}
