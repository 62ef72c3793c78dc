namespace PagemapTools.Procfs.Entries;

/// <summary>
/// Which high swap types are poisoned pages, pages in migration and device memory. The layout depends on the release and on four
/// configuration options (include/linux/swap.h: SWP_DEVICE_NUM, SWP_MIGRATION_NUM, SWP_HWPOISON_NUM, SWP_PTE_MARKER_NUM).
/// </summary>
internal sealed class NonSwapTypeLayout
{
    private const int AllTypes = 32;
    private static readonly Version s_markers = new(5, 19);
    private static readonly Version s_markersAlways = new(6, 2);
    private readonly int _firstDevice;
    private readonly int _firstMigration;
    private readonly int _firstPoison;
    private readonly int _end;

    internal NonSwapTypeLayout(Version release, bool devicePrivate, bool migration, bool memoryFailure, bool pteMarker)
    {
        // PTE markers came with 5.19 and were optional before 6.2. Device-exclusive access added two device types in 5.14; 6.15 removed
        // one of them. 5.19 added a third migration type, for exclusive pages.
        bool markers = release >= s_markersAlways || (release >= s_markers && pteMarker);
        int deviceTypes = release >= new Version(6, 15) ? 3 : release >= new Version(5, 14) ? 4 : 2;
        int migrationTypes = release >= s_markers ? 3 : 2;
        _end = AllTypes - (markers ? 1 : 0) - (HasSwapinErrorType(release) ? 1 : 0);
        _firstDevice = _end - (devicePrivate ? deviceTypes : 0);
        _firstMigration = _firstDevice - (migration ? migrationTypes : 0);
        _firstPoison = _firstMigration - (memoryFailure ? 1 : 0);
    }

    /// <summary>Reads the kernel's release and configuration (/proc/config.gz or /boot); null if either cannot be read.</summary>
    public static NonSwapTypeLayout? TryRead(ProcRoot root) =>
        KernelRelease.ReadVersion(root) is { } version && KernelConfiguration.Read(root) is { } configuration
            ? new NonSwapTypeLayout(
                version, configuration.IsSet("DEVICE_PRIVATE"), configuration.IsSet("MIGRATION"), configuration.IsSet("MEMORY_FAILURE"), configuration.IsSet("PTE_MARKER"))
            : null;

    /// <summary>Whether the topmost type is SWP_SWAPIN_ERROR: from 5.19 to 6.1. Linux 6.2 replaced it by a PTE marker.</summary>
    public static bool HasSwapinErrorType(Version release) => release >= s_markers && release < s_markersAlways;

    /// <summary>Gets the state of a page by its swap type; the state of a PTE marker is NonSwap.</summary>
    public PageState GetState(int type) =>
        type >= _end ? PageState.NonSwap
        : type >= _firstDevice ? PageState.Device
        : type >= _firstMigration ? PageState.Migration
        : type >= _firstPoison ? PageState.Poisoned
        : PageState.Swapped;
}
