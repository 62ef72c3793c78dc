using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Entries;
using PagemapTools.Procfs.Holdings;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.Processes;
using PagemapTools.Procfs.SharedObjects;
using PagemapTools.Procfs.Uss;

namespace PagemapTools.Procfs.Tests.Core;

/// <summary>
/// Files of a terabyte in a tree that somebody else wrote. They are holes, so they need no space; reading one of them whole takes minutes.
/// </summary>
[Trait("Tier", "Unit")]
public sealed class OversizeFilesTests : IDisposable
{
    private const int Id = 7;
    private const long Terabyte = 1L << 40;
    private const string Maps = "10000-11000 rw-p 00000000 00:00 0 \n";
    private const string LineBound = "has a line of more than 131072 bytes, which is the bound";

    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(60);

    private readonly FakeProc _tree = new FakeProc().AddProcess(Id, Maps.TrimEnd('\n')).WritePagemap(Id, 0x10000, PagemapBits.Present | PagemapBits.Exclusive | 1);

    [Fact]
    public async Task NameAndCommandLineAreCut()
    {
        _tree.WriteHole("7/comm", "name", Terabyte).WriteHole("7/cmdline", "first", Terabyte);
        ProcessDetails details = await Run(() => ProcessDetails.Read(_tree.Root, Id, "maps"));
        Assert.StartsWith("name", details.Name, StringComparison.Ordinal);
        Assert.InRange(details.Name.Length, 4, 256);
        Assert.Equal("first", details.CommandLine);
    }

    [Fact]
    public async Task StatIsCut()
    {
        _tree.WriteHole("7/stat", "7 (name) S 1", Terabyte);
        Assert.Contains("'7 (name) S 1", (await Refuse(() => ProcessStat.TryRead(_tree.Root, Id))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task StatusHasABound()
    {
        _tree.WriteHole("7/status", "VmRSS:\t    12 kB\n", Terabyte);
        await AssertBound("7/status", "has more than 1048576 bytes, which is the bound", () => ProcessDetails.Read(_tree.Root, Id, "maps"));
    }

    [Fact]
    public async Task CgroupHasABound()
    {
        _tree.WriteHole("7/cgroup", "0::/a\n", Terabyte);
        await AssertBound("7/cgroup", LineBound, () => ProcessCgroup.Read(_tree.Root, Id));
    }

    [Fact]
    public async Task MountInfoHasABound()
    {
        _tree.WriteHole("7/mountinfo", "1 1 0:1 / / rw - tmpfs x rw\n", Terabyte);
        await AssertBound("7/mountinfo", LineBound, () => MountTable.Read(_tree.Root, Id, isOwn: true, CancellationToken.None));
        await AssertBound("7/mountinfo", LineBound, () => Find(new MountedDevices(_tree.Root)));
    }

    [Fact]
    public async Task MapsHasABound()
    {
        _tree.WriteHole("7/maps", Maps, Terabyte);
        using ProcessAddressSpace process = ProcessAddressSpace.Open(_tree.Root, Id);
        await AssertBound("7/maps", LineBound, () => process.ReadMappings().ToArray());
    }

    [Theory]
    [InlineData(Maps)]
    [InlineData(Maps + "Rss:   4 kB\n")]
    [InlineData(Maps + "A")]
    public async Task SmapsHasABound(string beginning)
    {
        _tree.WriteHole("7/smaps", beginning, Terabyte);
        UssMeter meter = new(new ProcfsContext(_tree.Root), UssMethod.Rollup);
        await AssertBound("7/smaps", LineBound, () => meter.Measure(Id));
        await AssertBound("7/smaps", LineBound, () => meter.MeasureMappings(Id).ToArray());
    }

    [Theory]
    [InlineData("swaps", "Filename\n")]
    [InlineData("meminfo", "MemTotal: 1 kB\n")]
    [InlineData("sysvipc/shm", "key\n")]
    public async Task FilesOfTheMachineHaveABound(string file, string beginning)
    {
        _tree.WriteHole(file, beginning, Terabyte);
        await AssertBound(file, "which is the bound", () => file switch
        {
            "swaps" => SwapTypes.Read(_tree.Root),
            "meminfo" => MemoryInfo.ReadShmem(_tree.Root),
            _ => SystemVSegments.Read(_tree.Root),
        });
    }

    [Fact]
    public void TextOfALinkIsReadIntoABufferOfOnePage()
    {
        // The longest text that a file system stores (PATH_MAX).
        string text = new('x', 4095);
        File.CreateSymbolicLink(_tree.GetPath("7/link"), text);
        Assert.Equal(text.Length, SymbolicLink.Read(_tree.GetPath("7/link"))!.Length);
    }

    [Fact]
    public async Task CancellationEndsTheReadingOfMappings()
    {
        // Mappings that were printed before are passed over, so no item comes between the lines.
        _tree.WriteText("7/maps", string.Concat(Enumerable.Repeat(Maps, 100_000)));
        using CancellationTokenSource source = new();
        using ProcfsContext procfs = new(_tree.Root);
        using ProcessAddressSpace process = procfs.OpenTarget(Id, source.Token);
        using IEnumerator<MemoryMapping> mappings = process.ReadMappings().GetEnumerator();
        Assert.True(mappings.MoveNext());
        await source.CancelAsync();
        Assert.Throws<OperationCanceledException>(() => mappings.MoveNext());
    }

    public void Dispose() => _tree.Dispose();

    private static BackingStore? Find(MountedDevices devices)
    {
        bool hasRead = false;
        return devices.Find(Id, (0, 1), ref hasRead);
    }

    // A reading without a bound goes on on its thread, and the test fails.
    private static Task<T> Run<T>(Func<T> read) => Task.Run(read, TestContext.Current.CancellationToken).WaitAsync(s_patience, TestContext.Current.CancellationToken);

    private static async Task<ProcfsException> Refuse(Func<object?> read)
    {
        ProcfsException failure = await Assert.ThrowsAsync<ProcfsException>(() => Run(read));
        Assert.Equal(ProcfsError.ReadFailed, failure.Error);
        return failure;
    }

    private async Task AssertBound(string file, string bound, Func<object?> read)
    {
        ProcfsException failure = await Refuse(read);
        Assert.Equal(_tree.GetPath(file), failure.Path);
        Assert.Contains($"'{_tree.GetPath(file)}'", failure.Message, StringComparison.Ordinal);
        Assert.Contains(bound, failure.Message, StringComparison.Ordinal);
    }
}
