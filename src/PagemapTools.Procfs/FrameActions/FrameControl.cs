using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;
using PagemapTools.Procfs.ReverseMap;

namespace PagemapTools.Procfs.FrameActions;

/// <summary>
/// Takes page frames out of use, and puts them back. The kernel loses the memory of a frame until it is put back or the machine restarts, and
/// processes may lose what was in it. It needs root, and a kernel with CONFIG_MEMORY_FAILURE; Poison and Unpoison need the module
/// hwpoison-inject and debugfs at /sys/kernel/debug.
/// </summary>
/// <example><code>
/// FrameChange change = new FrameControl(procfs).Apply(pfn, FrameAction.SoftOffline);
/// Console.WriteLine($"{change.FlagNames}; it was mapped by {string.Join(", ", change.MappedBy)}");
/// </code></example>
public sealed class FrameControl
{
    private readonly ProcfsContext _procfs;
    private readonly string _sysfs;

    /// <summary>Creates the control of a machine.</summary>
    /// <param name="procfs">The machine; it stays open.</param>
    /// <exception cref="ProcfsException">The tree is no proc file system: a saved tree does not say what this machine's page frames are used for.</exception>
    public FrameControl(ProcfsContext procfs)
        : this(procfs, "/sys")
    {
        if (!procfs.Root.IsProcFileSystem)
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"No page frame is changed: '{procfs.Root.Path}' is no proc file system.", procfs.Root.Path);
        }
    }

    /// <summary>Creates the control of a tree with the layout of sysfs.</summary>
    internal FrameControl(ProcfsContext procfs, string sysfs)
    {
        _procfs = procfs;
        _sysfs = sysfs;
    }

    /// <summary>Finds who maps a page frame, or what it is used for; see <see cref="ReverseMapping.FindMappings"/>.</summary>
    /// <param name="pfn">The page frame number.</param>
    /// <param name="cancellationToken">Cancels the search.</param>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers from the caller, or the caller may not read /proc/kpageflags or /proc/kpagecount.</exception>
    public IReadOnlyList<PageInfo> FindMappings(ulong pfn, CancellationToken cancellationToken = default) =>
        [.. _procfs.FindMappings([new FrameRange(pfn, 1)], cancellationToken: cancellationToken)];

    /// <summary>Finds who maps a page frame, changes it, and reads what the kernel made of it.</summary>
    /// <param name="pfn">The page frame number.</param>
    /// <param name="action">What is done.</param>
    /// <param name="mappings">What <see cref="FindMappings"/> returned; null to search now.</param>
    /// <param name="cancellationToken">Cancels the search. The change itself is not cancelled.</param>
    /// <exception cref="ProcfsException">
    /// There is no such page frame; the kernel lacks the action or refused it (the message has the flags that the frame has now); the caller may
    /// not use it.
    /// </exception>
    public FrameChange Apply(ulong pfn, FrameAction action, IReadOnlyList<PageInfo>? mappings = null, CancellationToken cancellationToken = default)
    {
        PageInfo before = ReadFrame(pfn);
        mappings ??= FindMappings(pfn, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        string path = GetPath(action);
        int errno = Write(path, GetText(action, pfn));
        return errno == 0 ? new FrameChange(action, mappings, before, ReadFrame(pfn)) : throw CreateFailure(path, pfn, action, errno);
    }

    private PageInfo ReadFrame(ulong pfn) => _procfs.ReadFrames(new FrameRange(pfn, 1), new FrameQuery { Include = FrameProperties.Flags }).FirstOrDefault()
        ?? throw new ProcfsException(
            ProcfsError.ReadFailed,
            string.Create(CultureInfo.InvariantCulture, $"There is no page frame 0x{pfn:x}: it is beyond the end of memory."),
            _procfs.Root.GetPath(KPageFiles.GetFileName(FrameProperties.Flags)));

    private string GetPath(FrameAction action) => action switch
    {
        FrameAction.SoftOffline => $"{_sysfs}/devices/system/memory/soft_offline_page",
        FrameAction.HardOffline => $"{_sysfs}/devices/system/memory/hard_offline_page",
        FrameAction.Poison => $"{_sysfs}/kernel/debug/hwpoison/corrupt-pfn",
        FrameAction.Unpoison => $"{_sysfs}/kernel/debug/hwpoison/unpoison-pfn",
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "There is no such action."),
    };

    // sysfs takes a physical address (drivers/base/memory.c), debugfs a page frame number (mm/hwpoison-inject.c).
    private static string GetText(FrameAction action, ulong pfn) => string.Create(
        CultureInfo.InvariantCulture, $"0x{(action is FrameAction.SoftOffline or FrameAction.HardOffline ? pfn * PageGeometry.PageSize : pfn):x}\n");

    private static int Write(string path, string text)
    {
        using SafeFileHandle file = FileIO.OpenForWriting(path, out int errno);
        return errno != 0 ? errno : FileIO.Write(file, Encoding.ASCII.GetBytes(text));
    }

    private ProcfsException CreateFailure(string path, ulong pfn, FrameAction action, int errno)
    {
        if (errno is Errno.EACCES or Errno.EPERM)
        {
            const string Capability = "CAP_SYS_ADMIN and CAP_DAC_OVERRIDE in the initial user namespace";
            return new ProcfsException(
                ProcfsError.KPageAccessDenied,
                $"'{path}' cannot be written: {Errno.Describe(errno)}. The caller lacks {Capability}, or the kernel is locked down.",
                path,
                errorNumber: errno,
                missingCapability: Capability);
        }

        return errno == Errno.ENOENT
            ? new ProcfsException(ProcfsError.FrameActionNotSupported, $"'{path}' does not exist: {DescribeMissing(action)}.", path, errorNumber: errno)
            : new ProcfsException(
                ProcfsError.ReadFailed,
                string.Create(CultureInfo.InvariantCulture, $"The kernel refused {action} of page frame 0x{pfn:x}: {Errno.Describe(errno)}. Its flags are now {ReadFrame(pfn).FlagNames}."),
                path,
                errorNumber: errno);
    }

    private static string DescribeMissing(FrameAction action) => action is FrameAction.Poison or FrameAction.Unpoison
        ? "debugfs is not mounted at /sys/kernel/debug, or the module hwpoison-inject is not loaded (CONFIG_HWPOISON_INJECT)"
        : "the kernel is built without CONFIG_MEMORY_FAILURE or CONFIG_MEMORY_HOTPLUG, or sysfs is not mounted";
}
