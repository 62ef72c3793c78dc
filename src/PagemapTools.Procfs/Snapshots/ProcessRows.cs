using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Snapshots;

/// <summary>The memory of a process, and where it belongs.</summary>
internal sealed record ProcessRow(int ProcessId, string Name)
{
    public string? User { get; init; }

    public string? Cgroup { get; init; }

    public ulong? StartTicks { get; init; }

    /// <summary>The figures, in the order of <see cref="ProcessRows.Figures"/>.</summary>
    public IReadOnlyList<long?> Figures { get; init; } = [];

    /// <summary>A figure by the name of its column.</summary>
    public long? this[string name] => Figures[ProcessRows.FindFigure(name)];

    /// <summary>Measures a process.</summary>
    /// <exception cref="ProcfsException">The process cannot be measured.</exception>
    public static ProcessRow Read(ProcfsContext procfs, UssMeter meter, int processId, CancellationToken cancellationToken)
    {
        // If the process that was measured began when this one did, or still has the id, the cgroup is of the same process.
        ulong? start = ProcessStat.TryRead(procfs.Root, processId)?.Program.StartTime;
        string? cgroup = ProcessCgroup.Read(procfs.Root, processId);
        ProcessUss uss = meter.Measure(processId, threads: 1, cancellationToken: cancellationToken);
        bool isSame = uss.Target.StartTime == start || ProcessStat.TryRead(procfs.Root, processId)?.Program.StartTime == start;
        return new ProcessRow(processId, uss.ProcessName)
        {
            User = uss.User,
            Cgroup = isSame ? cgroup : null,
            StartTicks = uss.Target.StartTime,
            Figures = [.. ProcessRows.Figures.Select(figure => figure.Get(uss))],
        };
    }
}

/// <summary>Rows of the table processes.</summary>
internal sealed class ProcessRows : SnapshotRows
{
    private readonly SnapshotColumn<long> _processId;
    private readonly SnapshotColumn<long> _startTicks;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _name;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _user;
    private readonly SnapshotColumn<ReadOnlyMemory<char>> _cgroup;
    private readonly SnapshotColumn<long>[] _figures;

    public ProcessRows()
    {
        _processId = Define<long>("process_id", "id", "The process.", SnapshotEncoding.Delta);
        _startTicks = DefineNullable<long>("start_ticks", "clock ticks since boot", "When the process began: a process with the same id and another start is another process.");
        _name = DefineText("name", "The name, as Get-Process shows it.");
        _user = DefineText("user", "The effective user; the number if the user has no name.");
        _cgroup = DefineText("cgroup", "The path of the memory cgroup in the hierarchy, as in /proc/PID/cgroup.");
        _figures = [.. Figures.Select(figure => DefineNullable<long>(figure.Name, "bytes", figure.Description))];
    }

    /// <summary>The columns in bytes. A figure that is unknown, or that the method of the measurement does not have, is null.</summary>
    public static IReadOnlyList<(string Name, string Description, Func<ProcessUss, long?> Get)> Figures { get; } =
    [
        ("uss", "Memory that nobody else maps.", uss => uss.Uss),
        ("pss", "Each page divided by the number of its mappings.", uss => uss.Pss),
        ("rss", "Resident memory, without hugetlb pages.", uss => uss.Rss),
        ("swap", "Swapped-out memory.", uss => uss.Swap),
        ("swap_pss", "Each swapped-out page divided by the number of processes that share it.", uss => uss.SwapPss),
        ("hugetlb", "Memory in hugetlb pages.", uss => uss.Hugetlb),
        ("pss_anon", "The part of pss in anonymous memory.", uss => uss.PssAnon),
        ("pss_file", "The part of pss in files.", uss => uss.PssFile),
        ("pss_shmem", "The part of pss in shared memory.", uss => uss.PssShmem),
        ("anonymous", "The part of rss in anonymous memory.", uss => uss.Anonymous),
        ("anon_huge_pages", "Anonymous memory in transparent huge pages that a PMD maps.", uss => uss.AnonHugePages),
        ("lazy_free", "Memory released with MADV_FREE and not yet reclaimed.", uss => uss.LazyFree),
        ("page_tables", "The page tables of the process.", uss => uss.PageTables),
    ];

    /// <summary>Finds the position of a figure.</summary>
    public static int FindFigure(string name) => Figures.TakeWhile(figure => figure.Name != name).Count();

    public void Add(ProcessRow process)
    {
        _processId.Add(process.ProcessId);
        _startTicks.Add((long?)process.StartTicks);
        _name.Add(ToText(process.Name));
        _user.Add(ToText(process.User));
        _cgroup.Add(ToText(process.Cgroup));
        foreach ((SnapshotColumn<long> column, long? figure) in _figures.Zip(process.Figures))
        {
            column.Add(figure);
        }

        EndRow();
    }

    /// <summary>Takes the next row of a batch that was read.</summary>
    public ProcessRow Take() => new((int)_processId.TakeKnown(), TakeText(_name) ?? string.Empty)
    {
        User = TakeText(_user),
        Cgroup = TakeText(_cgroup),
        StartTicks = (ulong?)_startTicks.Take(),
        Figures = [.. _figures.Select(column => column.Take())],
    };
}
