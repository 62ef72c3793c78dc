using System.Runtime.InteropServices;

namespace PagemapTools.Host;

/// <summary>
/// Writes to a file descriptor with write(2) and reports every failure. The runtime's console stream swallows EPIPE, so
/// that a pipeline would go on for ever after <c>| head</c> has gone; its file stream uses pwrite(2) at an offset of its
/// own and so overwrites what a child process has written to the same file.
/// </summary>
internal sealed class FileDescriptorStream(int descriptor) : Stream
{
    public const int BrokenPipe = 32;

    private const int Interrupted = 4;
    private const int TryAgain = 11;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            nint written = NativeWrite(descriptor, in MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (written >= 0)
            {
                buffer = buffer[(int)written..];
                continue;
            }

            int error = Marshal.GetLastPInvokeError();
            switch (error)
            {
                case Interrupted:
                    break;

                // Another process that shares the descriptor has made it non-blocking.
                case TryAgain:
                    Thread.Sleep(1);
                    break;

                default:
                    throw new IOException(Marshal.GetPInvokeErrorMessage(error), error);
            }
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    [DllImport("libc", EntryPoint = "write", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern nint NativeWrite(int descriptor, in byte buffer, nuint count);
}
