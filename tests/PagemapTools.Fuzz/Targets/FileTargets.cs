using System.Text;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedObjects;

namespace PagemapTools.Fuzz.Targets;

/// <summary>Parsers of whole files.</summary>
internal static class FileTargets
{
    private const int Turn = 2000;
    private const long LargeBuffer = 4 * 1024 * 1024;

    public static IEnumerable<FuzzTarget> Create(SavedTree tree) =>
    [
        new("stat", input => CheckStat(tree, input)) { InputsPerTurn = Turn },
        new("names", input => CheckNames(tree, input)) { InputsPerTurn = Turn },
        new("mountinfo", input => CheckMountInfo(tree, input)) { InputsPerTurn = Turn },
        new("mounts", input => CheckMounts(tree, input)) { InputsPerTurn = Turn },
        new("cgroup", input => CheckCgroup(tree, input)) { InputsPerTurn = Turn },
        new("status", input => CheckStatus(tree, input)) { InputsPerTurn = Turn },
        new("sysvipc", input => CheckSegments(tree, input)) { InputsPerTurn = Turn, MaxBytes = LargeBuffer },
        new("swaps", input => CheckSwaps(tree, input)) { InputsPerTurn = Turn, MaxBytes = LargeBuffer },
        new("osrelease", input => CheckRelease(tree, input)) { InputsPerTurn = Turn },
        new("config.gz", input => CheckConfiguration(tree, input)) { InputsPerTurn = Turn / 20, MaxBytes = 16 * 1024 * 1024 },
        new("kpageflags", input => CheckSavedFlags(tree, input)) { InputsPerTurn = Turn / 4, MaxBytes = LargeBuffer },
    ];

    private static void CheckStat(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("stat", input);
        try
        {
            Expect.ParsedOrQuoted<object, ProcfsException>(
                () => ProcessStat.TryRead(tree.Root, SavedTree.ProcessId) ?? throw new FuzzException("stat was not read"), SeqFileText.Decode(input));
        }
        finally
        {
            tree.WriteProcess("stat", SavedTree.Stat);
        }
    }

    // comm and cmdline, divided by the first newline.
    private static void CheckNames(SavedTree tree, byte[] input)
    {
        int newline = input.AsSpan().IndexOf((byte)'\n');
        tree.WriteProcess("comm", newline < 0 ? input : input.AsSpan(0, newline + 1));
        tree.WriteProcess("cmdline", newline < 0 ? [] : input.AsSpan(newline + 1));
        string? name = tree.Root.GetProcessName(SavedTree.ProcessId);
        Expect.That(name is not null, "a process that is there has a name");
        Expect.That(name!.Length <= 4 * 4096, $"a name of {name.Length} characters");
    }

    private static void CheckMountInfo(SavedTree tree, byte[] input)
    {
        tree.Write("mountinfo", input);
        string? mountPoint = Expect.ReadOrRefused(() => CgroupPaths.FindRoot(tree.GetPath("mountinfo")));
        Expect.That(mountPoint is null || input.AsSpan().IndexOf("cgroup"u8) >= 0, "a mount point of what is no cgroup");
    }

    private static void CheckMounts(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("mountinfo", input);
        IReadOnlyList<SharedMount> mounts = Expect.ReadOrRefused(() => MountTable.Read(tree.Root, SavedTree.ProcessId, isOwn: true, CancellationToken.None)) ?? [];
        Expect.That(mounts.Count <= input.AsSpan().Count(" - "u8), "no more mounts than lines");
        Expect.That(mounts.All(mount => mount.Store is BackingStore.Swap or BackingStore.HugePages), "a mount of what has no shared memory");
    }

    private static void CheckCgroup(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("cgroup", input);
        string? path = Expect.ReadOrRefused(() => ProcessCgroup.Read(tree.Root, SavedTree.ProcessId));
        Expect.That(path is null || path.Length <= 4 * input.Length, "a path is a part of a line");
    }

    private static void CheckStatus(SavedTree tree, byte[] input)
    {
        tree.WriteProcess("status", input);
        ProcessDetails? details = Expect.ReadOrRefused(() => new ProcessDetails(string.Empty, CommandLine: null).WithStatus(tree.Root, SavedTree.ProcessId));
        Expect.That(details is null or { Resident: null or >= 0, Swap: null or >= 0, PageTables: null or >= 0 }, "a figure is not negative");
    }

    private static void CheckSegments(SavedTree tree, byte[] input)
    {
        tree.Write("sysvipc/shm", input);
        List<SystemVSegment> segments = Expect.ReadOrRefused(() => SystemVSegments.Read(tree.Root) ?? throw new FuzzException("the list was not read")) ?? [];
        Expect.That(segments.Count <= input.AsSpan().Count((byte)'\n'), "no more segments than lines after the first");
        Expect.That(segments.TrueForAll(segment => segment is { Id: >= 0, Size: >= 0, Attached: >= 0, Resident: >= 0, Swapped: >= 0 }), "a figure is not negative");
    }

    private static void CheckSwaps(SavedTree tree, byte[] input)
    {
        tree.Write("swaps", input);
        SwapTypes types = SwapTypes.Read(tree.Root);
        Expect.That(types.Areas.Count <= input.AsSpan().Count((byte)'\n') + 1, "no more areas than lines");
        Expect.That(types.HasAreas || types.Areas.Count == 0, "areas");
    }

    private static void CheckRelease(SavedTree tree, byte[] input)
    {
        tree.Write("sys/kernel/osrelease", input);
        KernelRelease release = KernelRelease.Read(tree.Root);
        Expect.Equal(release, KernelRelease.Read(tree.Root), "reading twice");
        Expect.That(release.Version is null || release.Text.StartsWith($"{release.Version.Major}".TrimStart('0'), StringComparison.Ordinal)
            || release.Text.StartsWith('0'), $"the version of '{release.Text}' is not {release.Version}");
        tree.Write("sys/kernel/osrelease", "6.18.0\n"u8);
    }

    private static void CheckConfiguration(SavedTree tree, byte[] input)
    {
        tree.Write("config.gz", input);
        if (NonSwapTypeLayout.TryRead(tree.Root) is { } layout)
        {
            PageState[] states = [.. Enumerable.Range(0, 32).Select(layout.GetState)];
            Expect.Equal(PageState.Swapped, states[0], "the lowest type is a swap area");
        }
    }

    private static void CheckSavedFlags(SavedTree tree, byte[] input)
    {
        tree.Write("saved", input);
        using ProcfsContext procfs = new(tree.Root, tree.GetPath("saved"));
        try
        {
            IReadOnlyList<KPageFlagsSummary> summaries = procfs.MeasureKPageFlags();
            Expect.That(input.Length % sizeof(ulong) == 0, "a part of an entry is no entry");
            Expect.Equal(input.Length / sizeof(ulong), summaries.Sum(summary => summary.PageCount), "each entry is counted once");
        }
        catch (ProcfsException refused)
        {
            Expect.That(input.Length % sizeof(ulong) != 0, $"whole entries: {refused.Message}");
            Expect.Quotes(refused.Message, tree.GetPath("saved"));
        }
    }
}
