using System.Globalization;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests;

/// <summary>Nights of a made-up fleet, written by the writer of snapshots, in which one program of one host leaks.</summary>
[Trait("Tier", "Unit")]
public sealed class FleetTests : IDisposable
{
    private const int ProgramsPerHost = 20;
    private const long LeakPerNight = 3 << 20;

    private static readonly DateTime s_firstNight = new(2026, 11, 1, 23, 0, 0, DateTimeKind.Utc);

    private readonly Dataset _dataset = new();

    public void Dispose() => _dataset.Dispose();

    /// <summary>What each run of the tests has time for.</summary>
    [Fact]
    public void TheLeakIsFoundInSomeNights() => FindLeak(hosts: 20, nights: 6);

    /// <summary>60,000 files. Run it with: PagemapTools.Parquet.Tests -explicit only</summary>
    [Fact(Explicit = true)]
    public void TheLeakIsFoundInAMonthOfAThousandHosts() => FindLeak(hosts: 1000, nights: 30);

    private void FindLeak(int hosts, int nights)
    {
        int leaking = hosts / 3;
        Parallel.For(0, hosts, host => WriteNights(host, nights, host == leaking ? LeakPerNight : 0));
        foreach (string statement in Document.Queries[0].Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Where(IsOfProcesses))
        {
            _dataset.Execute(statement);
        }

        Assert.Equal([[(long)hosts * nights]], _dataset.Query("SELECT count(*) FROM snapshots"));
        Assert.Equal([[(long)hosts * nights * ProgramsPerHost]], _dataset.Query("SELECT count(*) FROM processes"));
        object?[] first = _dataset.Query(Document.Queries[4])[0];
        Assert.Equal([GetHost(leaking), "program7", LeakPerNight / 1024.0, (long)nights], first);
        Assert.Equal([GetHost(leaking), "program7", 107L], Assert.Single(_dataset.Query(Document.Queries[3]))[..3]);
    }

    private static bool IsOfProcesses(string statement) => statement.StartsWith("CREATE VIEW processes", StringComparison.Ordinal)
        || statement.StartsWith("CREATE VIEW snapshots", StringComparison.Ordinal) || statement.StartsWith("CREATE VIEW moments", StringComparison.Ordinal);

    private static string GetHost(int host) => string.Create(CultureInfo.InvariantCulture, $"web{host:d4}");

    private void WriteNights(int host, int nights, long leak)
    {
        for (int night = 0; night < nights; night++)
        {
            using SnapshotFiles files = new(_dataset.Path, GetHost(host), s_firstNight.AddDays(night), new ParquetFormat());
            SnapshotFileWriter<ProcessRows> file = files.Begin(SnapshotTables.Processes, () => new ProcessRows { Time = files.Time });
            for (int program = 0; program < ProgramsPerHost; program++)
            {
                long uss = ((program + 1L) << 20) + (program == 7 ? night * leak : 0);
                file.Rows.Add(new ProcessRow(100 + program, $"program{program}") { StartTicks = 1, Figures = [uss, .. Enumerable.Repeat((long?)null, ProcessRows.Figures.Count - 1)] });
            }

            files.Commit(new SnapshotSummary(SnapshotTables.Processes, ProgramsPerHost, 0, TimeSpan.Zero, "6.12", "one boot"));
        }
    }
}
