using System.Globalization;
using PagemapTools.Procfs.Cells;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Snapshots;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Processes;

/// <summary>
/// An id passes from process to process while it is read. Each process has a name, a cgroup, page tables and a number of pages of its own, so
/// that a row with values of two of them shows.
/// </summary>
[Trait("Tier", "Unit")]
public sealed class ReusedIdTests : IDisposable
{
    private const int Id = 7;
    private const ulong Address = 0x10000000;
    private const int MaxPages = 8;
    private const int Rows = 100;
    private const int MaxAttempts = 100_000;

    private readonly FakeProc _tree = new();
    private readonly ProcfsContext _procfs;
    private readonly CancellationTokenSource _end = new();
    private readonly Thread _storm;

    public ReusedIdTests()
    {
        _tree.WriteEntries("kpagecount", 10, [.. Enumerable.Repeat(1UL, MaxPages)]);
        Replace(1);
        _procfs = new ProcfsContext(new ProcRoot(_tree.Path));
        _storm = new Thread(() =>
        {
            for (ulong start = 2; !_end.IsCancellationRequested; start++)
            {
                Replace(start);
            }
        });
        _storm.Start();
    }

    private static CancellationToken CancellationToken => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _end.Cancel();
        _storm.Join();
        _end.Dispose();
        _procfs.Dispose();
        _tree.Dispose();
    }

    [Fact]
    public void ARowOfASnapshotIsOfOneProcess()
    {
        UssMeter meter = new(_procfs);
        Repeat(() =>
        {
            ProcessRow row = ProcessRow.Read(_procfs, meter, Id, CancellationToken);
            string name = FormatName(row.StartTicks!.Value);
            Assert.Equal(name, row.Name);
            Assert.Equal(GetPageCount(row.StartTicks.Value) * (long)KernelFile.PageSize, row["uss"]);
            Assert.True(row.Cgroup is null || row.Cgroup == $"/{name}", $"{row.Cgroup} of {name}");
            return row.Cgroup is not null;
        });
    }

    [Fact]
    public void ThePageTablesOfAGroupAreOfTheProcessThatWasWalked() => Repeat(() =>
    {
        GroupMeasurement group = new GroupUssMeter(_procfs).MeasureGroups([new ProcessGroup("group", [Id])], cancellationToken: CancellationToken)[0];
        Assert.Equal(group.Uss?.Uss / (long)KernelFile.PageSize, group.Uss?.PageTables / 1024);
        return group.Uss is not null;
    });

    [Fact]
    public void TheNameOfAMapIsThatOfTheProcessOfItsPages() => Repeat(() =>
    {
        PageCellMap map = _procfs.ReadProcessCells(Id, cancellationToken: CancellationToken);
        Assert.Equal(GetPageCount(ulong.Parse(map.ProcessName![1..], CultureInfo.InvariantCulture)), map.Categories.Where(category => category.IsPresent).Sum(category => category.PageCount));
        return true;
    });

    private static void Repeat(Func<bool> read)
    {
        int rows = 0;
        for (int attempts = 0; rows < Rows; attempts++)
        {
            Assert.True(attempts < MaxAttempts, $"{rows} rows");
            try
            {
                rows += read() ? 1 : 0;
            }
            catch (ProcfsException failure) when (failure.ProcessId == Id)
            {
                // The id passed on, and for a moment there was no process with it.
            }
        }
    }

    private static string FormatName(ulong start) => $"p{start}";

    private static long GetPageCount(ulong start) => 1 + (long)(start % MaxPages);

    /// <summary>Prepares a process under another name of the directory, and gives it the id.</summary>
    private void Replace(ulong start)
    {
        using FakeProc next = new();
        ulong[] entries = [.. Enumerable.Range(10, (int)GetPageCount(start)).Select(frame => PagemapBits.PresentAt((ulong)frame) | PagemapBits.Exclusive)];
        next.AddProcess(Id, Address, entries).WriteStatus(Id, 'S', 0, start: start)
            .WriteText($"{Id}/comm", $"{FormatName(start)}\n").WriteText($"{Id}/cgroup", $"0::/{FormatName(start)}\n")
            .WriteText($"{Id}/status", $"Name:\t{FormatName(start)}\nUid:\t0\t0\t0\t0\nVmPTE:\t{entries.Length} kB\n");
        string directory = _tree.GetPath($"{Id}");
        if (Directory.Exists(directory))
        {
            Directory.Move(directory, next.GetPath("before"));
        }

        Directory.Move(next.GetPath($"{Id}"), directory);
    }
}
