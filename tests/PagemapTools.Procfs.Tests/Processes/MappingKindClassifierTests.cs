using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Tests.Processes;

[Trait("Tier", "Unit")]
public sealed class MappingKindClassifierTests
{
    [Theory]
    [InlineData(null, false, MappingKind.Anonymous)]
    [InlineData("/usr/bin/cat", false, MappingKind.File)]
    [InlineData("/usr/bin/cat", true, MappingKind.File)]
    [InlineData("[heap]", false, MappingKind.Heap)]
    [InlineData("[stack]", false, MappingKind.Stack)]
    [InlineData("[stack:1234]", false, MappingKind.Stack)]
    [InlineData("[vdso]", false, MappingKind.Vdso)]
    [InlineData("[vvar]", false, MappingKind.Vvar)]
    [InlineData("[vvar_vclock]", false, MappingKind.Vvar)]
    [InlineData("[vsyscall]", false, MappingKind.Vsyscall)]
    [InlineData("[anon:glibc: malloc]", false, MappingKind.NamedAnonymous)]
    [InlineData("[anon_shmem:test]", false, MappingKind.SharedMemory)]
    [InlineData("[uprobes]", false, MappingKind.Special)]
    [InlineData("/memfd:test", true, MappingKind.SharedMemory)]
    [InlineData("/memfd:test", false, MappingKind.File)]
    [InlineData("/SYSV00000000", true, MappingKind.SharedMemory)]
    [InlineData("/dev/zero", true, MappingKind.SharedMemory)]
    [InlineData("/dev/zero", false, MappingKind.Anonymous)]
    [InlineData("/anon_hugepage", true, MappingKind.Hugetlb)]
    [InlineData("anon_inode:[io_uring]", false, MappingKind.AnonInode)]
    [InlineData("socket:[1234]", false, MappingKind.Special)]
    [InlineData("/dev/shm/segment", false, MappingKind.SharedMemory)]
    [InlineData("/dev/shm/segment", true, MappingKind.SharedMemory)]
    [InlineData("/dev/shm2/segment", false, MappingKind.File)]
    [InlineData("/home/user/[heap]", false, MappingKind.File)]
    public void ThePathDeterminesTheKind(string? path, bool isDeleted, MappingKind kind) =>
        Assert.Equal(kind, MappingKindClassifier.Classify(path, isDeleted, isShared: false, store: null));

    [Theory]
    [InlineData("/memfd:huge", true, BackingStore.HugePages, MappingKind.Hugetlb)]
    [InlineData("/SYSV00000000", true, BackingStore.HugePages, MappingKind.Hugetlb)]
    [InlineData("/mnt/huge/file", false, BackingStore.HugePages, MappingKind.Hugetlb)]
    [InlineData("/tmp/file", false, BackingStore.Swap, MappingKind.SharedMemory)]
    [InlineData("/tmp/file", true, BackingStore.Swap, MappingKind.SharedMemory)]
    [InlineData("/dev/shm/segment", false, BackingStore.Swap, MappingKind.SharedMemory)]
    [InlineData("/dev/dri/card0", false, BackingStore.Swap, MappingKind.Device)]
    [InlineData("/dev/zero", true, BackingStore.Swap, MappingKind.SharedMemory)]
    [InlineData("/dev/shm/segment", false, BackingStore.Disk, MappingKind.SharedMemory)]
    [InlineData("/usr/bin/cat", false, BackingStore.UnderlyingOfOverlay, MappingKind.File)]
    public void TheDeviceDeterminesTheKindOfAFile(string path, bool isDeleted, object store, MappingKind kind) =>
        Assert.Equal(kind, MappingKindClassifier.Classify(path, isDeleted, isShared: true, (BackingStore)store));

    [Theory]
    [InlineData(false, MappingKind.Anonymous)]
    [InlineData(true, MappingKind.Device)]
    public void OnlyAPrivateMappingOfTheZeroDeviceIsAnonymous(bool isShared, MappingKind kind) =>
        Assert.Equal(kind, MappingKindClassifier.Classify("/dev/zero", isDeleted: false, isShared, BackingStore.Swap));
}
