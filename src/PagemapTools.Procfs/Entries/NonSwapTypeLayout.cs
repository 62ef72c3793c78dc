using System.IO.Compression;
using System.Text;

namespace PagemapTools.Procfs.Entries;

/// <summary>
/// Which high swap types are poisoned pages, pages in migration and device memory. The layout depends on the release and on four
/// configuration options (include/linux/swap.h: SWP_DEVICE_NUM, SWP_MIGRATION_NUM, SWP_HWPOISON_NUM, SWP_PTE_MARKER_NUM).
/// </summary>
internal sealed class NonSwapTypeLayout
{
    private const int MaxConfigurationSize = 1024 * 1024;
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

    /// <summary>Reads the kernel's configuration from /proc/config.gz or /boot; null if neither can be read.</summary>
    public static NonSwapTypeLayout? TryRead(ProcRoot root)
    {
        try
        {
            string? release = ProcText.TryReadSmall(root, root.GetPath("sys/kernel/osrelease"));
            string[]? options = release is null ? null : ReadConfiguration(root, release);
            return options is null || !KernelRelease.TryParse(release!, out Version version)
                ? null
                : new NonSwapTypeLayout(version, IsSet("DEVICE_PRIVATE"), IsSet("MIGRATION"), IsSet("MEMORY_FAILURE"), IsSet("PTE_MARKER"));

            bool IsSet(string option) => options.Contains($"CONFIG_{option}=y", StringComparer.Ordinal);
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException)
        {
            return null;
        }
    }

    /// <summary>Whether the topmost type is SWP_SWAPIN_ERROR: from 5.19 to 6.1. Linux 6.2 replaced it by a PTE marker.</summary>
    public static bool HasSwapinErrorType(Version release) => release >= s_markers && release < s_markersAlways;

    /// <summary>Gets the state of a page by its swap type; the state of a PTE marker is NonSwap.</summary>
    public PageState GetState(int type) =>
        type >= _end ? PageState.NonSwap
        : type >= _firstDevice ? PageState.Device
        : type >= _firstMigration ? PageState.Migration
        : type >= _firstPoison ? PageState.Poisoned
        : PageState.Swapped;

    private static string[]? ReadConfiguration(ProcRoot root, string release)
    {
        byte[] text = new byte[MaxConfigurationSize];
        int length = ProcText.Read(root, root.GetPath("config.gz"), text, out _);
        if (length >= 0)
        {
            using GZipStream gzip = new(new MemoryStream(text[..length]), CompressionMode.Decompress);
            length = gzip.ReadAtLeast(text, text.Length, throwOnEndOfStream: false);
        }
        else
        {
            length = release.Contains('/', StringComparison.Ordinal) ? -1 : ProcText.Read(ProcRoot.Default, $"/boot/config-{release}", text, out _);
        }

        return length < 0 ? null : Encoding.UTF8.GetString(text, 0, length).Split('\n');
    }
}
