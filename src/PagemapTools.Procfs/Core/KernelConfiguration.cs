using System.IO.Compression;
using System.Text;

namespace PagemapTools.Procfs.Core;

/// <summary>The configuration that a kernel was built with.</summary>
internal sealed class KernelConfiguration
{
    private const int MaxSize = 1024 * 1024;

    private readonly HashSet<string> _lines;

    private KernelConfiguration(string text)
    {
        _lines = new HashSet<string>(text.Split('\n'), StringComparer.Ordinal);
    }

    /// <summary>Whether an option is built in, by its name without CONFIG_.</summary>
    public bool IsSet(string option) => _lines.Contains($"CONFIG_{option}=y");

    /// <summary>Reads the configuration from config.gz of a proc tree, or from /boot for the release of the tree; null if neither can be read.</summary>
    public static KernelConfiguration? Read(ProcRoot root)
    {
        try
        {
            return KernelRelease.ReadText(root) is { } release ? Read(root, release) : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or InvalidDataException)
        {
            return null;
        }
    }

    private static KernelConfiguration? Read(ProcRoot root, string release)
    {
        byte[] text = new byte[MaxSize];
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

        return length < 0 ? null : new KernelConfiguration(Encoding.UTF8.GetString(text, 0, length));
    }
}
