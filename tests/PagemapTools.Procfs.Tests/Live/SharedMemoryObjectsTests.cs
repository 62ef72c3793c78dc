using System.Globalization;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Native;
using PagemapTools.Procfs.SharedObjects;

namespace PagemapTools.Procfs.Tests.Live;

/// <summary>Makes shared memory of each kind, and finds it with its size and its processes.</summary>
[Collection(MachineSettings.Name)]
[Trait("Tier", "Privileged")]
public sealed class SharedMemoryObjectsTests
{
    private static readonly long s_page = Environment.SystemPageSize;

    [Fact]
    public void AMemfdThatNobodyMapsIsFoundByItsDescriptor()
    {
        Require.Root();
        using SafeFileHandle memfd = Memfd.Create();
        byte[] content = new byte[(37 * s_page) + 1];
        RandomAccess.Write(memfd, content, 0);
        SharedMemoryObject found = Assert.Single(Read(), item => item.HeldBy.Contains(Environment.ProcessId) && item.Size == content.Length);
        Assert.Equal((SharedMemoryKind.Memfd, true, 38 * s_page), (found.Kind, found.IsDeleted!.Value, (found.Resident + found.Swapped)!.Value));
        Assert.Empty(found.MappedBy);
    }

    [Fact]
    public void AFileIsFoundByItsPathAndAfterItsRemovalByItsDescriptor()
    {
        Require.Root();
        Require.That(Directory.Exists("/dev/shm"), "DevShm", "there is no /dev/shm");
        string path = $"/dev/shm/pagemaptools-{Guid.NewGuid():n}";
        using FileStream file = new(path, FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Delete);
        file.Write(new byte[5 * s_page]);
        file.Flush();
        try
        {
            SharedMemoryObject named = Assert.Single(Read(), item => item.Path == path);
            Assert.Equal((SharedMemoryKind.Posix, false, 5 * s_page), (named.Kind, named.IsDeleted!.Value, (named.Resident + named.Swapped)!.Value));
            Assert.Contains(Environment.ProcessId, named.HeldBy);
        }
        finally
        {
            File.Delete(path);
        }

        SharedMemoryObject deleted = Assert.Single(Read(), item => item.Path == path);
        Assert.Equal((true, 5 * s_page), (deleted.IsDeleted!.Value, (deleted.Resident + deleted.Swapped)!.Value));
        Assert.Equal([Environment.ProcessId], deleted.HeldBy);
    }

    [Theory]
    [InlineData("memfd", SharedMemoryKind.Memfd)]
    [InlineData("posix-shm", SharedMemoryKind.Posix)]
    [InlineData("tmpfs-file", SharedMemoryKind.Tmpfs)]
    [InlineData("sysv-shm", SharedMemoryKind.SystemV)]
    [InlineData("sysv-shm-first", SharedMemoryKind.SystemV)]
    public void AnObjectNamesTheProcessesThatMapIt(string kind, SharedMemoryKind expected)
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start(kind, "child=1", "pages=64", "written=0-63").Stop();
        SharedMemoryObject found = Assert.Single(
            Read(), item => item.Kind == expected && item.MappedBy.Contains(target.ProcessId) && item.MappedBy.Contains(target.Children[0]) && item.Size == 64 * s_page);
        Assert.Equal(((int[])[target.ProcessId, target.Children[0]]).Order(), found.MappedBy);
        Assert.Equal(64 * s_page, found.Resident + found.Swapped);
        Assert.Equal(expected == SharedMemoryKind.SystemV ? 2 : null, found.Attached);
        Assert.Equal(kind == "sysv-shm-first", found.NamespaceProcessId is not null);
    }

    [Fact]
    public void HugetlbPagesAreNotResident()
    {
        Require.Root();
        using TargetProcess target = TargetProcess.Start("hugetlb-shared").Stop();
        long size = long.Parse(target["parent"].Expect["huge-page-size"], CultureInfo.InvariantCulture);
        SharedMemoryObject found = Assert.Single(Read(), item => item.MappedBy.Contains(target.ProcessId) && item.Hugetlb > 0);
        Assert.Equal((0L, 3 * size), (found.Resident!.Value, found.Hugetlb!.Value));
    }

    [Fact]
    public void ASegmentThatNobodyHasAttachedIsFound()
    {
        Require.Root();
        Require.Program("ipcmk");
        string answer = Run("ipcmk", "-M", $"{7 * s_page}");
        string id = answer[(answer.LastIndexOf(' ') + 1)..].Trim();
        try
        {
            SharedMemoryObject found = Assert.Single(Read(), item => item.Kind == SharedMemoryKind.SystemV && item.Id == int.Parse(id, CultureInfo.InvariantCulture) && item.NamespaceProcessId is null);
            Assert.Equal((7 * s_page, 0L, 0L, "root"), (found.Size!.Value, found.Resident!.Value, found.Attached!.Value, found.Owner));
            Assert.Empty(found.MappedBy);
        }
        finally
        {
            Run("ipcrm", "-m", id);
        }
    }

    [Fact]
    public void ADeepTreeWithLinksEndsAndItsFilesAreFound()
    {
        Require.Root();
        Require.That(Directory.Exists("/dev/shm"), "DevShm", "there is no /dev/shm");
        string top = $"/dev/shm/pagemaptools-{Guid.NewGuid():n}";
        string deep = top + string.Concat(Enumerable.Repeat("/d", 600));
        try
        {
            Directory.CreateDirectory(deep);
            File.CreateSymbolicLink($"{top}/d/loop", top);
            File.CreateSymbolicLink($"{top}/d/root", "/");
            File.WriteAllBytes($"{top}/d/d/file", new byte[s_page]);
            SharedMemoryLimits? limits = null;
            Assert.Single(Read(new SharedMemoryQuery { OnComplete = found => limits = found }), item => item.Path?.StartsWith(top, StringComparison.Ordinal) == true);
            Assert.Contains("512 directories deep", Assert.Single(limits!.Failures, failure => failure.Path.StartsWith(top, StringComparison.Ordinal)).Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(top, recursive: true);
        }
    }

    [Fact]
    public void APartThatIsMountedSeveralTimesIsReadOnce()
    {
        Require.Root();
        Require.Program("unshare");
        string top = Directory.CreateTempSubdirectory("pagemaptools-parts-").FullName;
        string deep = "part" + string.Concat(Enumerable.Repeat("/d", 600));

        // A failure for each reading: the tree is deeper than a reading goes.
        const string Script = """
            mkdir "$1/source" "$1/views" && mount -t tmpfs source "$1/source" && mkdir -p "$1/source/$2" && head -c 4096 /dev/zero > "$1/source/part/file" || exit
            for i in a b c; do mkdir "$1/views/$i" && mount --bind "$1/source/part" "$1/views/$i" || exit; done
            umount -l "$1/source" && echo ready && read line
            """;
        using System.Diagnostics.Process holder = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo("unshare", ["--mount", "sh", "-c", Script, "sh", top, deep])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        })!;
        try
        {
            Require.That(holder.StandardOutput.ReadLine() == "ready", "MountNamespace", "a mount namespace of its own cannot be made");
            SharedMemoryLimits? limits = null;
            SharedMemoryObject[] objects = Read(new SharedMemoryQuery { OnComplete = found => limits = found });
            Assert.Single(objects, item => item.Path?.StartsWith($"{top}/views/", StringComparison.Ordinal) == true);
            Assert.Single(limits!.Failures, failure => failure.Path.StartsWith($"{top}/views/", StringComparison.Ordinal));
        }
        finally
        {
            holder.StandardInput.Close();
            holder.WaitForExit();
            Directory.Delete(top, recursive: true);
        }
    }

    [Fact]
    public void TheSumIsThatOfMeminfo()
    {
        Require.Root();
        SharedMemoryObject[] all = Read();
        string line = File.ReadLines("/proc/meminfo").First(line => line.StartsWith("Shmem:", StringComparison.Ordinal));
        long shmem = long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        long named = all.Where(item => item.Kind != SharedMemoryKind.Unattributed).Sum(item => item.Resident ?? 0);

        // Other tests make and remove shared memory meanwhile.
        Assert.InRange(named, 0, (long)(shmem * 1.1) + (64 << 20));
        Assert.InRange(all.Sum(item => item.Resident ?? 0), (long)(shmem * 0.9) - (64 << 20), (long)(shmem * 1.1) + (64 << 20));
    }

    private static SharedMemoryObject[] Read(SharedMemoryQuery? query = null)
    {
        using ProcfsContext procfs = new(new("/proc"));
        return [.. procfs.ReadSharedMemory(query, cancellationToken: TestContext.Current.CancellationToken)];
    }

    private static string Run(string program, params string[] arguments)
    {
        using System.Diagnostics.Process process = System.Diagnostics.Process.Start(new System.Diagnostics.ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }
}
