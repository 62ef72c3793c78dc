using System.Net.Sockets;

namespace PagemapTools.TestProcesses.Machine;

/// <summary>
/// A lock for a facility of the whole machine (swap areas, KSM, ...). Only one test process changes a facility at a
/// time. The lock is a socket name in the abstract namespace, which the kernel releases when the process exits.
/// </summary>
internal static class FacilityLock
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static void Take(Context context, string facility)
    {
        if (!context.Facilities.Add(facility))
        {
            return;
        }

        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        context.OnExit(socket.Dispose);
        if (!Wait.Until(() => TryBind(socket, facility), s_patience))
        {
            throw new SkippedException($"another test process has locked {facility} for {s_patience.TotalSeconds} s");
        }
    }

    private static bool TryBind(Socket socket, string facility)
    {
        try
        {
            socket.Bind(new UnixDomainSocketEndPoint($"\0pagemaptools-test-{facility}"));
            return true;
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AddressAlreadyInUse)
        {
            return false;
        }
    }
}
