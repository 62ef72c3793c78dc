using System.Buffers;
using Microsoft.Win32.SafeHandles;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Native;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// Streams the mappings of an open maps file, in ascending order of address. Holds one buffer however many mappings there are.
/// </summary>
internal sealed class MapsReader(SafeFileHandle maps, ProcessContext process)
{
    // The kernel hands out a page of lines a call (fs/seq_file.c); a line is at most a path of 4096 bytes, each escaped to four.
    private const int BufferSize = 32 * 1024;

    public IEnumerable<MemoryMapping> Read()
    {
        MapsParser parser = new(process);
        byte[] buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            int length = 0;
            while (true)
            {
                int count = FileIO.Read(maps, buffer.AsSpan(length), out int errno);

                // A process that goes leaves an end of file or ESRCH; whoever walks the mappings asks what became of it.
                if (count == 0 || errno == Errno.ESRCH)
                {
                    break;
                }

                if (count < 0)
                {
                    throw new ProcfsException(
                        ProcfsError.ReadFailed, $"Reading the maps of process {process.Id} failed: {Errno.Describe(errno)}.", "maps", process.Id, errno);
                }

                length += count;
                int position = 0;
                while (FindLineEnd(buffer, position, length) is int lineEnd and >= 0)
                {
                    yield return parser.Parse(buffer.AsSpan(position, lineEnd - position));
                    position = lineEnd + 1;
                }

                buffer.AsSpan(position, length - position).CopyTo(buffer);
                length -= position;
                if (length == buffer.Length)
                {
                    buffer = Grow(buffer);
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static int FindLineEnd(byte[] buffer, int position, int length)
    {
        int offset = buffer.AsSpan(position, length - position).IndexOf((byte)'\n');
        return offset < 0 ? -1 : position + offset;
    }

    private static byte[] Grow(byte[] buffer)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(buffer.Length * 2);
        buffer.CopyTo(larger, 0);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
