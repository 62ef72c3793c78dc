using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Groups;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Tests.Groups;

[Trait("Tier", "Unit")]
public sealed class FileHoldersTests
{
    private const ulong Segment = 3;

    private static readonly ulong s_ownNamespace = ulong.Parse(new FileInfo("/proc/self/ns/ipc").LinkTarget!["ipc:[".Length..^1], System.Globalization.CultureInfo.InvariantCulture);
    private static readonly FileKey s_file = new((0, 1), 77);

    [Fact]
    public void AFileThatOneGroupHoldsGoesWithIt()
    {
        FileHolders holders = Create(segments: null, (0, HoldFile()), (0, HoldFile()));
        Assert.True(holders.IsFreedWith(s_file, 0));
        Assert.False(holders.IsFreedWith(s_file, 1));
        Assert.Single(holders.GetFilesOf(0));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(HeldFile.Outside)]
    public void AFileThatOthersHoldStays(int other)
    {
        FileHolders holders = Create(segments: null, (0, HoldFile()), (other, HoldFile()));
        Assert.False(holders.IsFreedWith(s_file, 0));
        Assert.Empty(holders.GetFilesOf(0));
    }

    [Fact]
    public void AFileThatWasNotFoundHasAName() => Assert.False(Create(segments: null, (0, HoldFile())).IsFreedWith(new FileKey((8, 1), 5), 0));

    [Fact]
    public void ProcessesThatCannotBeExaminedAreCounted()
    {
        FileHolders holders = Create(segments: null, (0, HoldFile()), (HeldFile.Outside, ProcessHoldings.Unknown), (0, ProcessHoldings.None));
        Assert.Equal(1, holders.UnexaminedCount);
        Assert.True(holders.IsFreedWith(s_file, 0));
        Assert.True(holders.IsHeldOutside(s_file, 0));
    }

    [Theory]
    [InlineData("600", false)]
    [InlineData("1600", true)]
    public void ASegmentGoesIfItIsMarked(string permissions, bool isFreed) =>
        Assert.Equal(isFreed, Create(permissions, (0, HoldSegment(s_ownNamespace))).IsFreedWith(KeyOf(s_ownNamespace), 0));

    [Fact]
    public void ASegmentOfAnotherNamespaceGoesWithTheNamespace()
    {
        const ulong Other = 99;
        Assert.True(Create("600", (0, HoldSegment(Other))).IsFreedWith(KeyOf(Other), 0));
        ProcessHoldings neighbour = ProcessHoldings.None with { IpcNamespace = Other };
        Assert.Null(Create("600", (0, HoldSegment(Other)), (1, neighbour)).IsFreedWith(KeyOf(Other), 0));
    }

    private static FileKey KeyOf(ulong ipcNamespace) => new((0, 1), Segment, ipcNamespace);

    private static ProcessHoldings HoldFile() => ProcessHoldings.None with
    {
        Files = [new Holding(s_file, new FileLink(1, "/proc/1/fd/3"), "/memfd:made-up", isDeleted: true) { Identity = new Statx.FileIdentity { DeviceMinor = 1, Inode = 77 } }],
    };

    private static ProcessHoldings HoldSegment(ulong ipcNamespace) => ProcessHoldings.None with
    {
        IpcNamespace = ipcNamespace,
        Files = [new Holding(KeyOf(ipcNamespace), new FileLink(1, "/proc/1/map_files/1-2"), "/SYSV00000000", isDeleted: true)],
    };

    private static FileHolders Create(string? segments, params (int Group, ProcessHoldings Holdings)[] all)
    {
        using FakeProc proc = new();
        proc.WriteText("sysvipc/shm", $"       key      shmid perms                  size  cpid  lpid nattch   uid   gid  cuid  cgid      atime      dtime      ctime rss swap\n         0          {Segment}  {segments ?? "600"}                  4096     1     1      1     0     0     0     0          0          0          0   0    0\n");
        FileHolders holders = new(new ProcRoot(proc.Path));
        foreach ((int group, ProcessHoldings holdings) in all)
        {
            holders.Add(group, holdings);
        }

        return holders;
    }
}
