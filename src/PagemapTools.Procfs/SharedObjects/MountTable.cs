using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.SharedObjects;

/// <summary>A mount of a file system of shared memory.</summary>
/// <param name="ProcessId">A process of the mount namespace.</param>
/// <param name="IsOwn">Whether the namespace is that of the caller.</param>
/// <param name="Device">The device number of the file system.</param>
/// <param name="Root">The directory of the file system that is mounted.</param>
/// <param name="Path">Where it is mounted, as the process sees it.</param>
/// <param name="Store">Where the file system has its pages.</param>
/// <param name="IsReachable">Whether the path leads through local file systems alone, whose lookups never wait for another program.</param>
internal sealed record SharedMount(int ProcessId, bool IsOwn, (uint Major, uint Minor) Device, string Root, string Path, BackingStore Store, bool IsReachable);

/// <summary>Reads the mounts of tmpfs and hugetlbfs from mountinfo (Documentation/filesystems/proc.rst, 3.5).</summary>
internal static class MountTable
{
    private const string EscapedCharacters = " \t\n\\#";

    private static readonly HashSet<string> s_local = new(StringComparer.Ordinal)
    {
        "tmpfs", "devtmpfs", "rootfs", "ramfs", "hugetlbfs", "ext2", "ext3", "ext4", "xfs", "btrfs", "bcachefs", "f2fs", "zfs", "overlay", "squashfs",
        "erofs", "iso9660", "vfat", "proc", "sysfs", "cgroup", "cgroup2", "mqueue", "securityfs", "debugfs", "tracefs", "bpf", "configfs", "devpts",
    };

    /// <summary>Reads the mounts that a process sees; none if its mountinfo cannot be read.</summary>
    public static List<SharedMount> Read(ProcRoot root, int processId, bool isOwn)
    {
        Dictionary<ulong, (ulong Parent, bool IsLocal)> mounts = [];
        List<(ulong Parent, SharedMount Mount)> found = [];
        string path = root.GetPath(processId, "mountinfo");
        using SafeFileHandle file = root.OpenFile(path, out int errno, processId);
        using ProcLineReader lines = new(file, path, processId, ProcText.MaxMountInfoSize);
        while (errno == 0 && lines.MoveNext())
        {
            ReadOnlySpan<byte> line = lines.Line;
            int separator = line.IndexOf(" - "u8);
            if (separator < 0
                || !ProcNumber.TryTake(ref line, (byte)' ', out ulong id) || !ProcNumber.TryTake(ref line, (byte)' ', out ulong parent)
                || !ProcNumber.TryTake(ref line, (byte)':', out ulong major, uint.MaxValue) || !ProcNumber.TryTake(ref line, (byte)' ', out ulong minor, uint.MaxValue))
            {
                continue;
            }

            string type = Encoding.Latin1.GetString(TakeField(lines.Line[(separator + " - "u8.Length)..], 0));
            mounts[id] = (parent, s_local.Contains(type));
            if (GetStore(type) is { } store)
            {
                found.Add((parent, new SharedMount(
                    processId, isOwn, ((uint)major, (uint)minor), SeqFileText.Unescape(TakeField(line, 0), EscapedCharacters), SeqFileText.Unescape(TakeField(line, 1), EscapedCharacters), store, true)));
            }
        }

        return [.. found.Select(each => each.Mount with { IsReachable = IsReachable(mounts, each.Parent) })];
    }

    private static BackingStore? GetStore(string type) => type switch
    {
        "tmpfs" or "devtmpfs" or "rootfs" => BackingStore.Swap,
        "hugetlbfs" => BackingStore.HugePages,
        _ => null,
    };

    private static bool IsReachable(Dictionary<ulong, (ulong Parent, bool IsLocal)> mounts, ulong id)
    {
        // The parent of the root is not in the list. The number of steps bounds a list that another user made.
        for (int steps = 0; mounts.TryGetValue(id, out (ulong Parent, bool IsLocal) mount) && steps < mounts.Count; steps++)
        {
            if (!mount.IsLocal)
            {
                return false;
            }

            if (mount.Parent == id)
            {
                break;
            }

            id = mount.Parent;
        }

        return true;
    }

    private static ReadOnlySpan<byte> TakeField(ReadOnlySpan<byte> text, int index)
    {
        for (; index > 0; index--)
        {
            int next = text.IndexOf((byte)' ');
            text = next < 0 ? [] : text[(next + 1)..];
        }

        int end = text.IndexOf((byte)' ');
        return end < 0 ? text : text[..end];
    }
}
