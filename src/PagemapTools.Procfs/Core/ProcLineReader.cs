using Microsoft.Win32.SafeHandles;

namespace PagemapTools.Procfs.Core;

/// <summary>
/// Reads a text file line by line through one buffer, up to a bound. Every read passes its offset, so several readers can share an open
/// file. The reader does not close the file.
/// </summary>
/// <param name="file">The open file.</param>
/// <param name="path">Its path, for messages.</param>
/// <param name="maxSize">The number of bytes that the file may have; a longer one is a failure.</param>
/// <param name="processId">The process that the file belongs to; null if it belongs to none.</param>
/// <param name="cancellationToken">Cancels the reading between two reads of the file.</param>
internal sealed class ProcLineReader(
    SafeFileHandle file, string path, long maxSize, int? processId = null, CancellationToken cancellationToken = default) : IDisposable
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
    private bool _isCut;

    /// <summary>The current line without its newline, cut if it is longer than <see cref="MaxLineLength"/>. Valid until the next call of <see cref="MoveNext"/>.</summary>
    public ReadOnlySpan<byte> Line => _buffer.Array.AsSpan(_lineStart, _lineLength);

    /// <summary>The same line of a file in which the kernel ends each line.</summary>
    /// <exception cref="ProcfsException">The line is longer than <see cref="MaxLineLength"/>, or has no newline.</exception>
    public ReadOnlySpan<byte> WholeLine =>
        _isCut ? throw ProcText.CreateFailure(path, $"has a line of more than {MaxLineLength} bytes, which is the bound", Line, processId)
        : IsWhole ? Line
        : throw ProcText.CreateMalformed(path, Line, processId);

    /// <summary>Whether the current line is whole: neither cut nor without a newline.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>The error number of the last read; 0 if the read succeeded or reached the end of the file.</summary>
    public int Errno { get; private set; }

    /// <summary>Moves to the next line.</summary>
    /// <returns>Whether there is one; false at the end of the file, and after a failed read (<see cref="Errno"/>).</returns>
    /// <exception cref="ProcfsException">The file has more bytes than its bound, or the machine lacks memory.</exception>
    /// <exception cref="OperationCanceledException">The reading is cancelled.</exception>
    public bool MoveNext()
    {
        if (_isCut && !SkipLine())
        {
            return false;
        }

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
                _isCut = true;
                return SetLine(_end - _lineStart, isWhole: false, next: _end);
            }

            searched = MakeRoom();
            if (!Fill())
            {
                return _end > _lineStart && Errno == 0 && SetLine(_end - _lineStart, isWhole: false, next: _end);
            }
        }
    }

    /// <summary>Throws if the last read failed. When a process exits, reading its files ends early or fails with ESRCH: that is no failure.</summary>
    /// <exception cref="ProcfsException">The last read failed.</exception>
    public void ThrowIfFailed()
    {
        if (Errno is not (0 or Native.Errno.ESRCH))
        {
            throw new ProcfsException(ProcfsError.ReadFailed, $"Reading '{path}' failed: {Native.Errno.Describe(Errno)}.", path, processId, Errno);
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

    /// <summary>Skips the rest of a line that is too long.</summary>
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

        // The bytes after the newline are read again.
        _isCut = false;
        return Errno == 0;
    }

    private int Read(Span<byte> buffer)
    {
        cancellationToken.ThrowIfCancellationRequested();

        // A byte more than the bound shows that the file goes on.
        int count = FileIO.PRead(file, buffer[..(int)Math.Min(buffer.Length, maxSize + 1 - _offset)], _offset, out int errno);
        ProcText.ThrowIfExhausted(path, errno, processId);
        Errno = errno;
        _offset += Math.Max(count, 0);
        return _offset <= maxSize ? count
            : throw new ProcfsException(ProcfsError.ReadFailed, $"'{path}' has more than {maxSize} bytes, which is the bound.", path, processId);
    }
}
