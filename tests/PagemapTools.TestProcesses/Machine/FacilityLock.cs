using System.Net.Sockets;

namespace PagemapTools.TestProcesses.Machine;

/// <summary>
/// Held by the one test process that may change a facility of the whole machine (swap areas, KSM, ...), so that
/// tests that run side by side do not take it away from each other. It is a socket name in the abstract
/// namespace: nothing is left behind, however the process ends.
/// </summary>
internal static class FacilityLock
{
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    public static void Take(Context context, string facility)
    {
        Socket socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        context.OnExit(socket.Dispose);
        if (!Wait.Until(() => TryBind(socket, facility), s_patience))
        {
            throw new SkippedException($"another test process has held {facility} for {s_patience.TotalSeconds} s");
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
