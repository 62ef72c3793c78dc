using System.Diagnostics;
using System.Globalization;

namespace PagemapTools.TestSupport;

/// <summary>A memory cgroup of a test, in the hierarchy of version 1 or 2. The kernel's count of what is charged to it needs no other process to be quiet.</summary>
internal sealed class MemoryCgroup : IDisposable
{
    private static int s_count;

    private MemoryCgroup(string directory) => Directory = directory;

    public string Directory { get; }

    public string ProcessesFile => Path.Join(Directory, "cgroup.procs");

    /// <summary>Makes a cgroup; skips the test if this machine cannot.</summary>
    public static MemoryCgroup Create()
    {
        string root = System.IO.Directory.Exists("/sys/fs/cgroup/memory") ? "/sys/fs/cgroup/memory" : "/sys/fs/cgroup";
        string directory = Path.Join(root, FormattableString.Invariant($"pagemaptools-test-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}"));
        try
        {
            System.IO.Directory.CreateDirectory(directory);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            Require.Cgroups(false, $"{directory} cannot be made: {refused.Message}");
        }

        MemoryCgroup cgroup = new(directory);
        if (!File.Exists(Path.Join(directory, "memory.stat")))
        {
            cgroup.Dispose();
            Require.Cgroups(false, $"{root} has no memory controller");
        }

        return cgroup;
    }

    /// <summary>Makes a cgroup below this one.</summary>
    public MemoryCgroup CreateBelow(string name = "below")
    {
        // Version 2 gives a cgroup the controllers that the one above it enables.
        string controllers = Path.Join(Directory, "cgroup.subtree_control");
        if (File.Exists(controllers))
        {
            File.WriteAllText(controllers, "+memory");
        }

        return new MemoryCgroup(System.IO.Directory.CreateDirectory(Path.Join(Directory, name)).FullName);
    }

    /// <summary>Bounds the memory of all processes in the cgroup.</summary>
    public void Limit(long bytes)
    {
        string file = Path.Join(Directory, "memory.max");
        File.WriteAllText(File.Exists(file) ? file : Path.Join(Directory, "memory.limit_in_bytes"), bytes.ToString(CultureInfo.InvariantCulture));
    }

    /// <summary>Anonymous memory (rss in version 1), in bytes.</summary>
    public long Anonymous => Read("anon", "rss");

    /// <summary>Shared memory and files on tmpfs, in bytes.</summary>
    public long Shmem => Read("shmem", "shmem");

    /// <summary>The page cache of files on disks, in bytes.</summary>
    public long Files => Read("file", "cache") - Shmem;

    /// <summary>Waits until a figure is no longer above a bound. The kernel sums its per-processor counters late.</summary>
    public static void WaitUntil(Func<long> figure, long bound)
    {
        long start = Stopwatch.GetTimestamp();
        while (figure() > bound && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(20))
        {
            Thread.Sleep(50);
        }
    }

    public void Dispose()
    {
        long start = Stopwatch.GetTimestamp();
        while (System.IO.Directory.Exists(Directory) && Stopwatch.GetElapsedTime(start) < TimeSpan.FromSeconds(10))
        {
            try
            {
                System.IO.Directory.Delete(Directory);
            }
            catch (IOException)
            {
                // A process is still exiting.
                Thread.Sleep(50);
            }
        }
    }

    private long Read(string name, string nameInVersion1)
    {
        Dictionary<string, long> figures = File.ReadLines(Path.Join(Directory, "memory.stat")).Select(line => line.Split(' '))
            .ToDictionary(words => words[0], words => long.Parse(words[1], CultureInfo.InvariantCulture), StringComparer.Ordinal);
        return figures.TryGetValue(name, out long bytes) || figures.TryGetValue(nameInVersion1, out bytes)
            ? bytes
            : throw new InvalidOperationException($"memory.stat has neither {name} nor {nameInVersion1}.");
    }
}
