using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Holdings;

/// <summary>A line of /proc/sysvipc/shm (ipc/shm.c, sysvipc_shm_proc_show).</summary>
internal readonly record struct SystemVSegment(int Key, int Id, bool IsRemoved, long Size, long Attached, uint UserId, long Resident, long Swapped);

/// <summary>Lists System V segments. The file shows those of the IPC namespace of the thread that opens it.</summary>
internal static class SystemVSegments
{
    // SHM_DEST (include/linux/shm.h) in the octal permissions.
    private const ulong Removed = 0x200;
    private const int MaxFields = 16;
    private const int MaxSize = 16 * 1024 * 1024;
    private const string FileName = "sysvipc/shm";

    /// <summary>Lists the segments of the caller's IPC namespace; null if the list cannot be opened.</summary>
    /// <exception cref="ProcfsException">The list has a line that no kernel writes, or is longer than its bound.</exception>
    public static List<SystemVSegment>? Read(ProcRoot root)
    {
        List<SystemVSegment> segments = [];
        string path = root.GetPath(FileName);
        using SafeFileHandle file = root.OpenFile(path, out int errno);
        using ProcLineReader lines = new(file, path, MaxSize);
        bool isHeader = true;
        while (errno == 0 && lines.MoveNext())
        {
            if (!isHeader)
            {
                segments.Add(Parse(lines.WholeLine) ?? throw ProcText.CreateMalformed(path, lines.Line));
            }

            isHeader = false;
        }

        return errno == 0 ? segments : null;
    }

    /// <summary>
    /// Finds the segments of the caller's IPC namespace that the kernel destroys when the last process detaches (IPC_RMID, or
    /// kernel.shm_rmid_forced).
    /// </summary>
    /// <returns>The inode of that namespace, null if the segments or the namespace cannot be read; and the ids of the segments.</returns>
    public static (ulong? IpcNamespace, IReadOnlySet<ulong> Ids) FindDestroyedOnDetach(ProcRoot root)
    {
        bool isForced = ProcText.TryReadSmall(root, root.GetPath("sys/kernel/shm_rmid_forced")) == "1";
        List<SystemVSegment>? segments = Read(root);
        return (
            segments is null ? null : Statx.GetByLink("/proc/self/ns/ipc")?.Inode,
            (segments ?? []).Where(segment => isForced || segment.IsRemoved).Select(segment => (ulong)segment.Id).ToHashSet());
    }

    /// <summary>
    /// Lists the segments of the IPC namespace of a process. A thread of its own enters the namespace, reads the list and ends. Null if the
    /// caller may not enter it (CAP_SYS_ADMIN in both user namespaces).
    /// </summary>
    /// <exception cref="ProcfsException">The list has a line that no kernel writes, or cannot be read for another reason.</exception>
    public static List<SystemVSegment>? ReadOf(ProcRoot root, int processId)
    {
        List<SystemVSegment>? segments = null;
        ProcfsException? failure = null;
        Thread thread = new(() => failure = TryEnterAndRead(root, processId, out segments)) { IsBackground = true };
        thread.Start();
        thread.Join();
        return failure is null ? segments : throw failure.ForProcess(processId);
    }

    private static ProcfsException? TryEnterAndRead(ProcRoot root, int processId, out List<SystemVSegment>? segments)
    {
        segments = null;
        try
        {
            string path = root.GetPath(processId, "ns/ipc");
            using SafeFileHandle file = FileIO.OpenForReading(path, out int errno);
            ProcText.ThrowIfExhausted(path, errno, processId);
            segments = errno == 0 && Namespaces.EnterIpc(file) == 0 ? Read(root) : null;
            return null;
        }
        catch (ProcfsException failure)
        {
            return failure;
        }
    }

    // key shmid perms size cpid lpid nattch uid gid cuid cgid atime dtime ctime rss swap
    private static SystemVSegment? Parse(ReadOnlySpan<byte> line)
    {
        Span<Range> ranges = stackalloc Range[MaxFields + 1];
        Span<ulong> numbers = stackalloc ulong[MaxFields];
        int count = SplitFields(line, ranges);
        if (count < MaxFields)
        {
            return null;
        }

        long key = 0;
        for (int i = 0; i < MaxFields; i++)
        {
            ReadOnlySpan<byte> field = line[ranges[i]];
            bool isNegative = i == 0 && field[0] == '-';
            if (!(i == 2 ? ProcNumber.TryParseOctal(field, out numbers[i]) : ProcNumber.TryParse(isNegative ? field[1..] : field, out numbers[i], GetMax(i, isNegative))))
            {
                return null;
            }

            key = i == 0 ? (isNegative ? -(long)numbers[0] : (long)numbers[0]) : key;
        }

        return new SystemVSegment(
            (int)key, (int)numbers[1], (numbers[2] & Removed) != 0, (long)numbers[3], (long)numbers[6], (uint)numbers[7], (long)numbers[14], (long)numbers[15]);
    }

    // key and shmid are int, uid is unsigned int. The sign of the key is not among the digits.
    private static ulong GetMax(int field, bool isNegative) => field switch
    {
        0 when isNegative => 1UL << 31,
        0 => int.MaxValue,
        1 => int.MaxValue,
        7 => uint.MaxValue,
        _ => long.MaxValue,
    };

    private static int SplitFields(ReadOnlySpan<byte> line, Span<Range> ranges)
    {
        int count = 0;
        for (int i = 0; i < line.Length && count < ranges.Length;)
        {
            if (line[i] == ' ')
            {
                i++;
                continue;
            }

            int end = line[i..].IndexOf((byte)' ');
            end = end < 0 ? line.Length : i + end;
            ranges[count++] = i..end;
            i = end;
        }

        return count;
    }
}
