using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Reads a text file line by line through one buffer. Every read passes its offset, so several readers can share an open
/// file. The reader does not close the file.
/// </summary>
/// <param name="file">The open file.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="processId">The process that the file belongs to; null if it belongs to none.</param>
/// <param name="maxSize">The number of bytes after which the reader stops.</param>
internal sealed class ProcLineReader(SafeFileHandle file, string path, int? processId = null, long maxSize = long.MaxValue) : IDisposable
{
    /// <summary>
    /// The longest line that is read whole. The kernel writes a path of any length into maps: directories can be nested deeper than
    /// PATH_MAX.
    /// </summary>
    public const int MaxLineLength = 128 * 1024;

    private const int InitialSize = 32 * 1024;

    private readonly RentedArray<byte> _buffer = new(InitialSize);
    private long _offset;
    private int _lineStart;
    private int _lineLength;
    private int _next;
    private int _end;

    /// <summary>The current line without its newline, cut if it is longer than <see cref="MaxLineLength"/>. Valid until the next call of <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Line => _buffer.Array.AsSpan(_lineStart, _lineLength);

    /// <summary>Whether the current line is whole: neither cut nor without a newline.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The error number of the last read; 0 if the read succeeded or reached the end of the file.</summary>
    public int Errno { get; private set; }

    /// <summary>Moves to the next line.</summary>
    /// <returns>Whether there is one; false at the end of the file, and after a failed read (<see cref="Errno"/>).</returns>
    /// <exception cref="ProcfsException">The machine lacks memory.</exception>
    public bool MoveNext()
    {
        _lineStart = _next;
        int searched = _next;
        while (true)
        {
            int newline = _buffer.Array.AsSpan(searched, _end - searched).IndexOf((byte)'\n');
            if (newline >= 0)
            {
                return SetLine(searched + newline - _lineStart, isWhole: true, next: searched + newline + 1);
            }

            if (_end - _lineStart >= MaxLineLength)
            {
                int length = _end - _lineStart;
                return SkipLine() && SetLine(length, isWhole: false, _next);
            }

            searched = MakeRoom();
            if (!Fill())
            {
                return _end > _lineStart && Errno == 0 && SetLine(_end - _lineStart, isWhole: false, next: _end);
            }
        }
    }

    public void Dispose() => _buffer.Dispose();

    private bool SetLine(int length, bool isWhole, int next)
    {
        (_lineLength, IsWhole, _next) = (length, isWhole, next);
        return true;
    }

    /// <summary>Moves the unfinished line to the front of the buffer, and enlarges the buffer if the line fills it.</summary>
    /// <returns>The index at which the next read stores its bytes.</returns>
    private int MakeRoom()
    {
        int length = _end - _lineStart;
        byte[] old = _buffer.Array;
        if (length == old.Length)
        {
            byte[] line = old.AsSpan(0, length).ToArray();
            line.CopyTo(_buffer.EnsureCapacity(length * 2), 0);
        }
        else
        {
            old.AsSpan(_lineStart, length).CopyTo(old);
        }

        (_lineStart, _end) = (0, length);
        return length;
    }

    private bool Fill()
    {
        byte[] buffer = _buffer.Array;
        int count = Read(buffer.AsSpan(_end));
        _end += Math.Max(count, 0);
        return count > 0;
    }

    /// <summary>Skips the rest of a line that is too long. The beginning of the line stays in the buffer.</summary>
    private bool SkipLine()
    {
        Span<byte> rest = stackalloc byte[4096];
        int count;
        while ((count = Read(rest)) > 0)
        {
            int newline = rest[..count].IndexOf((byte)'\n');
            if (newline >= 0)
            {
                _offset -= count - newline - 1;
                break;
            }
        }

        // The next call reads the bytes after the newline again.
        _next = _end;
        return Errno == 0;
    }

    private int Read(Span<byte> buffer)
    {
        int count = FileIO.PRead(file, buffer[..(int)Math.Min(buffer.Length, maxSize - _offset)], _offset, out int errno);
        ProcText.ThrowIfExhausted(path, errno, processId);
        Errno = errno;
        _offset += Math.Max(count, 0);
        return count;
    }
}
