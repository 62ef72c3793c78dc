using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.FileCache;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Snapshots;

namespace PagemapTools.Parquet.Tests.Support;

/// <summary>
/// Hosts that are alike, with a snapshot each night: a made-up proc tree, read and written as Export-PageSnapshot does it. On one host the
/// last program takes more page frames each night. The files alone are rows without a tree, because a made-up file cannot be opened.
/// </summary>
internal sealed class MadeUpFleet(int hosts, int nights)
{
    public const int Programs = 8;

    /// <summary>Page frames that the leak takes each night.</summary>
    public const int LeakFrames = 768;

    public const int LibraryFrames = 16;
    public const int SlabFrames = 896;

    /// <summary>Page frames that are free, each between slabs.</summary>
    public const int ScatteredFrames = 128;

    public const ulong Cgroup = 70;
    public const string Library = "/lib/libc.so.6";
    public const string Log = "/var/log/syslog";
    public const int LogFrames = 256;

    private const int PieceFrames = 16;
    private const ulong Referenced = 1UL << 2;
    private const ulong Cache = (1UL << 3) | (1UL << 5);
    private const ulong Slab = 1UL << 7;
    private const ulong Free = 1UL << 10;
    private const ulong Anonymous = Cache | (1UL << 12) | (1UL << 14);
    private const ulong HeapStart = 0x7f0000000000;
    private const ulong LibraryStart = 0x7f1000000000;

    private static readonly DateTime s_firstNight = new(2026, 11, 1, 23, 0, 0, DateTimeKind.Utc);

    /// <summary>The number of the host with the leak.</summary>
    public int LeakingHost => hosts / 3;

    /// <summary>Page frames that are free on the last nights of all other hosts, side by side.</summary>
    public int SpareFrames => nights * LeakFrames;

    public static string GetHost(int host) => string.Create(CultureInfo.InvariantCulture, $"web{host:d4}");

    /// <summary>The page frames of a program on the first night.</summary>
    public static int GetFrames(int program) => 2 * PieceFrames * (program + 1);

    /// <summary>Writes all snapshots.</summary>
    public void Write(string directory, CancellationToken cancellationToken)
    {
        WriteNights(directory, 0, Enumerable.Range(0, hosts).Where(host => host != LeakingHost), Enumerable.Range(0, nights), cancellationToken);
        for (int night = 0; night < nights; night++)
        {
            WriteNights(directory, night * LeakFrames, [LeakingHost], [night], cancellationToken);
        }
    }

    private void WriteNights(string directory, int leaked, IEnumerable<int> alike, IEnumerable<int> nightsOfEach, CancellationToken cancellationToken)
    {
        using FakeProc tree = CreateTree(leaked);
        SnapshotOptions options = new() { Tables = SnapshotTables.All & ~SnapshotTables.Files, IncludePfn = true };
        Parallel.ForEach(alike, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken }, host =>
        {
            using ProcfsContext procfs = new(new ProcRoot(tree.Path));
            foreach (int night in nightsOfEach)
            {
                using SnapshotFiles files = new(directory, GetHost(host), s_firstNight.AddDays(night), new ParquetFormat());
                WriteFiles(files);
                Assert.Empty(new SnapshotReading(procfs, files, options, progress: null, cancellationToken).Run().Failures);
            }
        });
    }

    private static void WriteFiles(SnapshotFiles files)
    {
        FileRows rows = files.Begin(SnapshotTables.Files, () => new FileRows { Time = files.Time }).Rows;
        rows.Add(CreateFile(Library, 42, LibraryFrames, dirtyFrames: 0));
        rows.Add(CreateFile(Log, 43, LogFrames, dirtyFrames: 1));
    }

    private static FileCacheInfo CreateFile(string path, ulong inode, int frames, int dirtyFrames)
    {
        Statx.FileIdentity identity = new(0, Statx.FileType.Regular, inode, (ulong)frames * KernelFile.PageSize, 0, 8, 1, 1, HasNoDumpAttribute: false);
        return new FileCacheInfo(path, identity) { Cached = frames * (long)KernelFile.PageSize, Dirty = dirtyFrames * (long)KernelFile.PageSize };
    }

    /// <summary>Makes a machine: slabs and free page frames in turn, the library, the programs, what leaked, and what is free.</summary>
    private FakeProc CreateTree(int leaked)
    {
        FakeProc tree = new();
        List<(ulong Flags, ulong MapCount)> frames = [];
        for (int i = 0; i < ScatteredFrames; i++)
        {
            frames.AddRange([.. Enumerable.Repeat((Slab, 0UL), SlabFrames / ScatteredFrames), (Free, 0)]);
        }

        ulong library = (ulong)frames.Count;
        frames.AddRange(Enumerable.Repeat((Cache, (ulong)Programs), LibraryFrames));
        for (int program = 0; program < Programs; program++)
        {
            int count = GetFrames(program) + (program == Programs - 1 ? leaked : 0);
            AddProcess(tree, program, library, (ulong)frames.Count, count);
            frames.AddRange(Enumerable.Range(0, count).Select(i => (IsReferenced(i) ? Anonymous | Referenced : Anonymous, 1UL)));
        }

        frames.AddRange(Enumerable.Repeat((Free, 0UL), SpareFrames - leaked));
        return tree.WriteEntries("kpageflags", 0, [.. frames.Select(frame => frame.Flags)])
            .WriteEntries("kpagecount", 0, [.. frames.Select(frame => frame.MapCount)])
            .WriteEntries("kpagecgroup", 0, [.. frames.Select(frame => frame.MapCount == 1 ? Cgroup : 0)]);
    }

    private static void AddProcess(FakeProc tree, int program, ulong libraryPfn, ulong pfn, int frames)
    {
        int processId = 100 + program;
        ulong heapEnd = HeapStart + ((ulong)frames * KernelFile.PageSize);
        ulong libraryEnd = LibraryStart + (LibraryFrames * KernelFile.PageSize);
        ulong kib = (ulong)frames * KernelFile.PageSize / 1024;
        tree.AddProcess(
                processId,
                FormattableString.Invariant($"{HeapStart:x}-{heapEnd:x} rw-p 00000000 00:00 0 "),
                FormattableString.Invariant($"{LibraryStart:x}-{libraryEnd:x} r--p 00000000 08:01 42 {Library}"))
            .WritePagemap(processId, HeapStart, [.. Enumerable.Range(0, frames).Select(i => PagemapBits.PresentAt(pfn + (ulong)i) | PagemapBits.Exclusive | (IsReferenced(i) ? PagemapBits.SoftDirty : 0))])
            .WritePagemap(processId, LibraryStart, [.. Enumerable.Range(0, LibraryFrames).Select(i => PagemapBits.PresentAt(libraryPfn + (ulong)i) | PagemapBits.File)])
            .WriteText($"{processId}/comm", $"program{program}\n")
            .WriteText($"{processId}/smaps_rollup", FormattableString.Invariant($"{HeapStart:x}-{libraryEnd:x} ---p 00000000 00:00 0 [rollup]\nRss: {kib} kB\nPss: {kib} kB\nPrivate_Clean: 0 kB\nPrivate_Dirty: {kib} kB\nSwap: 0 kB\n"));
    }

    // Pieces of a program in turn, so that a snapshot has many rows. What leaked is one piece.
    private static bool IsReferenced(int frame) => frame < GetFrames(Programs - 1) && frame / PieceFrames % 2 == 1;
}
