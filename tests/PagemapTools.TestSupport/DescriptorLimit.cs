using System.Globalization;
using System.Runtime.InteropServices;

namespace PagemapTools.TestSupport;

/// <summary>Limits the descriptors of another process (prlimit, RLIMIT_NOFILE); Dispose restores the limit.</summary>
internal sealed partial class DescriptorLimit : IDisposable
{
    private const int OpenFiles = 7;

    private readonly int _processId;
    private readonly ulong _maximum;

    private DescriptorLimit(int processId, ulong maximum)
    {
        _processId = processId;
        _maximum = maximum;
    }

    /// <summary>Leaves a number of descriptors that the process can still open. It must not open or close any meanwhile.</summary>
    public static unsafe DescriptorLimit LeaveFree(int processId, int free)
    {
        HashSet<ulong> open = [.. Directory.EnumerateFileSystemEntries($"/proc/{processId}/fd").Select(path => ulong.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        ulong limit = 0;
        for (int left = free; left > 0 || open.Contains(limit); limit++)
        {
            left -= open.Contains(limit) ? 0 : 1;
        }

        ulong* old = stackalloc ulong[2];
        Assert.Equal(0, LimitNative(processId, OpenFiles, null, old));
        Assert.Equal(0, Set(processId, limit, old[1]));
        return new DescriptorLimit(processId, old[1]);
    }

    // The process may have ended.
    public void Dispose() => Set(_processId, _maximum, _maximum);

    private static unsafe int Set(int processId, ulong limit, ulong maximum)
    {
        ulong* limits = stackalloc ulong[] { limit, maximum };
        return LimitNative(processId, OpenFiles, limits, null);
    }

    [LibraryImport("libc", EntryPoint = "prlimit")]
    private static unsafe partial int LimitNative(int processId, int resource, ulong* limits, ulong* old);
}
