using System.Text;

namespace PagemapTools.Procfs.Processes;

/// <summary>The layers of an overlay, as the options of its mount name them (fs/overlayfs/params.c, ovl_show_options).</summary>
internal static class OverlayLayers
{
    private const string EscapedCharacters = ", \t\n\\#";
    private static readonly string[] s_options = ["lowerdir", "lowerdir+", "datadir+", "upperdir"];

    /// <summary>
    /// Whether a layer lies on a file system that may have a server. A reader of a directory of the overlay waits for that server, though the
    /// directory itself may be of another layer. A container does not see the directories of its layers: there nothing is known.
    /// </summary>
    /// <param name="overlay">The overlay.</param>
    /// <param name="points">The mounts of the same process.</param>
    public static bool MayHaveServer(in MountInfo overlay, MountPoints points) =>
        Enumerate(overlay.SuperOptions).Any(layer => points.FindFileSystem(layer) is { } type && MountedDevices.FindStore(type) is null);

    /// <summary>Returns the directories of all layers.</summary>
    public static IEnumerable<string> Enumerate(string superOptions)
    {
        foreach (string option in superOptions.Split(','))
        {
            int separator = option.IndexOf('=', StringComparison.Ordinal);
            if (separator < 0 || !s_options.Contains(option[..separator], StringComparer.Ordinal))
            {
                continue;
            }

            string value = SeqFileText.Unescape(Encoding.Latin1.GetBytes(option[(separator + 1)..]), EscapedCharacters);
            // Only lowerdir is a list. In it \: is a colon of a name, and :: separates a data layer.
            foreach (string layer in option.StartsWith("lowerdir=", StringComparison.Ordinal) ? value.Replace(@"\:", "\0", StringComparison.Ordinal).Split(':') : [value])
            {
                if (layer.Length > 0)
                {
                    yield return layer.Replace('\0', ':');
                }
            }
        }
    }
}
