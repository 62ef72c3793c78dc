using System.Text;
using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Host;

/// <summary>
/// Standard input, line by line, with the terminal's own echo and editing. The runtime's console reader echoes to
/// standard output, which here may be a file.
/// </summary>
internal sealed class ConsoleInput : IDisposable
{
    private readonly Lazy<StreamReader> reader = new(() =>
        new(new FileStream(new SafeFileHandle(0, ownsHandle: false), FileAccess.Read, bufferSize: 1), Encoding.UTF8));

    private volatile bool isWaiting;

    /// <summary>Whether a read is under way, which nothing but the end of the process can interrupt.</summary>
    public bool IsWaiting => isWaiting;

    /// <summary>The next line, or null if input has ended.</summary>
    public string? ReadLine() => Read(() => reader.Value.ReadLine());

    public string ReadToEnd() => Read(() => reader.Value.ReadToEnd());

    public void Dispose()
    {
        if (reader.IsValueCreated)
        {
            reader.Value.Dispose();
        }
    }

    private T Read<T>(Func<T> read)
    {
        isWaiting = true;
        try
        {
            return read();
        }
        finally
        {
            isWaiting = false;
        }
    }
}
