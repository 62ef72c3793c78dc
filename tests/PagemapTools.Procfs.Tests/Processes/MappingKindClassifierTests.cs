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
    [InlineData("/dev/zero", false, MappingKind.File)]
    [InlineData("/dev/shm/segment", false, MappingKind.SharedMemory)]
    [InlineData("/dev/shm/segment", true, MappingKind.SharedMemory)]
    [InlineData("/dev/shm2/segment", false, MappingKind.File)]
    [InlineData("/home/user/[heap]", false, MappingKind.File)]
    public void ThePathDeterminesTheKind(string? path, bool isDeleted, MappingKind kind) =>
        Assert.Equal(kind, MappingKindClassifier.Classify(path, isDeleted));
}
