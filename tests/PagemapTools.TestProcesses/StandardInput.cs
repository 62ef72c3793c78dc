using System.Runtime.InteropServices;
using System.Text;
using PagemapTools.TestProcesses.Native;

namespace PagemapTools.TestProcesses;

internal static class StandardInput
{
    private const int Interrupted = 4;

    /// <summary>Reads byte by byte, so that the following lines survive an execve.</summary>
    public static unsafe string? ReadLine()
    {
        List<byte> line = [];
        while (true)
        {
            byte next;
            nint read = Libc.Read(0, &next, 1);
            if (read < 0 && Marshal.GetLastPInvokeError() == Interrupted)
            {
                continue;
            }

            if (read <= 0)
            {
                return line.Count > 0 ? Encoding.UTF8.GetString([.. line]) : null;
            }

            if (next == '\n')
            {
                return Encoding.UTF8.GetString([.. line]);
            }

            line.Add(next);
        }
    }
}
