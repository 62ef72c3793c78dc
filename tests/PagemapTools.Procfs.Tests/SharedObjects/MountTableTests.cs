using System.Globalization;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedObjects;

namespace PagemapTools.Procfs.Tests.SharedObjects;

/// <summary>Lists of mounts that another user made.</summary>
[Trait("Tier", "Unit")]
public sealed class MountTableTests : IDisposable
{
    private const int Id = 7;

    // fs.mount-max is the number of mounts that a mount namespace may have. Work that grows with its square takes minutes.
    private const int ManyMounts = 100_000;

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly FakeProc _tree = new();

    [Theory]
    [InlineData("ext4", true)]
    [InlineData("fuse.x", false)]
    public async Task StackOfManyMountsIsReadInTheTimeOfItsLength(string bottom, bool isReachable)
    {
        WriteMounts(Enumerable.Range(2, ManyMounts).Select(id => $"{id} {id - 1} 0:{id} / /x rw - tmpfs x rw").Prepend($"1 1 0:1 / / rw - {bottom} x rw").Reverse());
        IReadOnlyList<SharedMount> mounts = await Run(() => MountTable.Read(_tree.Root, Id, isOwn: true, TestContext.Current.CancellationToken));
        Assert.Equal(ManyMounts, mounts.Count);
        Assert.All(mounts, mount => Assert.Equal(isReachable, mount.IsReachable));
    }

    [Fact]
    public async Task OverlaysOnManyMountsAreReadInTheTimeOfTheirLength()
    {
        // The mount points are nested as deep as a path may be, and beside each other.
        string[] nested = [.. Enumerable.Range(1, 200).Select(depth => string.Concat(Enumerable.Repeat("/n", depth)))];
        string[] beside = [.. Enumerable.Range(0, ManyMounts / 2).Select(i => $"/m/{i}")];
        IEnumerable<string> overlays = Enumerable.Range(0, ManyMounts / 2).Select(i => $"/m/{i}/lower:/m/{ManyMounts / 2 - 1 - i}/x:/n/o{i}:{nested[i % nested.Length]}/upper");
        WriteMounts([
            "1 1 8:1 / / rw - ext4 x rw",
            .. nested.Select((point, i) => $"{i + 2} 1 8:1 / {point} rw - ext4 x rw"),
            .. beside.Select((point, i) => $"{i + 1000} 1 0:{i} / {point} rw - {(i == 3 ? "fuse.x" : "ext4")} x rw"),
            .. overlays.Select((layers, i) => $"{i + ManyMounts} 1 1:{i} / /o rw - overlay x rw,lowerdir={layers}"),
        ]);
        MountedDevices devices = new(_tree.Root);
        BackingStore?[] stores = await Run(() => Enumerable.Range(0, ManyMounts / 2).Select(i => Find(devices, (1, (uint)i))).ToArray());
        Assert.Equal([3, ManyMounts / 2 - 4], Enumerable.Range(0, stores.Length).Where(i => stores[i] != BackingStore.UnderlyingOfOverlay));
        Assert.Equal(BackingStore.Server, stores[3]);
    }

    [Fact]
    public void PathIsReachableThroughLocalFileSystemsAlone()
    {
        WriteMounts([
            "1 1 8:1 / / rw - ext4 x rw", "2 1 0:2 / /t rw - tmpfs x rw", "3 2 0:3 / /t/f rw - fuse.x x rw", "4 3 0:4 / /t/f/t rw - tmpfs x rw",
            "5 4 0:5 / /t/f/t/t rw - tmpfs x rw", "6 99 0:6 / /outside rw - tmpfs x rw", "7 8 0:7 / /a rw - tmpfs x rw", "8 7 0:8 / /b rw - tmpfs x rw",
            "9 8 0:9 / /c rw - tmpfs x rw", "10 10 0:10 / /own rw - tmpfs x rw", "11 12 0:11 / /p rw - hugetlbfs x rw", "12 1 0:12 / /proc rw - proc x rw",
        ]);
        Dictionary<string, bool> reachable = MountTable.Read(_tree.Root, Id, isOwn: true, TestContext.Current.CancellationToken).ToDictionary(mount => mount.Path, mount => mount.IsReachable);
        Assert.Equal(
            new()
            {
                ["/t"] = true, ["/t/f/t"] = false, ["/t/f/t/t"] = false, ["/outside"] = true, ["/a"] = false, ["/b"] = false, ["/c"] = false, ["/own"] = true, ["/p"] = true,
            },
            reachable);
    }

    [Fact]
    public async Task CancellationEndsTheReading()
    {
        WriteMounts(["1 1 8:1 / / rw - overlay x rw,lowerdir=/a"]);
        using CancellationTokenSource source = new();
        await source.CancelAsync();
        Assert.Throws<OperationCanceledException>(() => MountTable.Read(_tree.Root, Id, isOwn: true, source.Token));
        bool hasRead = false;
        Assert.Throws<OperationCanceledException>(() => new MountedDevices(_tree.Root).Find(Id, (8, 1), ref hasRead, source.Token));
    }

    public void Dispose() => _tree.Dispose();

    private void WriteMounts(IEnumerable<string> lines) =>
        _tree.WriteText(string.Create(CultureInfo.InvariantCulture, $"{Id}/mountinfo"), string.Concat(lines.Select(line => line + "\n")));

    private static BackingStore? Find(MountedDevices devices, (uint Major, uint Minor) device)
    {
        bool hasRead = false;
        return devices.Find(Id, device, ref hasRead, TestContext.Current.CancellationToken);
    }

    private static Task<T> Run<T>(Func<T> read) => Task.Run(read, TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);
}
