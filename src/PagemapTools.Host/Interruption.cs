using System.Runtime.InteropServices;

namespace PagemapTools.Host;

/// <summary>
/// Turns the signals that ask a process to end (Ctrl+C among them) into a stop of the pipeline, so that its
/// <c>finally</c> blocks run. What does not stop in time, or is asked a second time, is ended.
/// </summary>
internal sealed class Interruption : IDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(2);

    private readonly Action stop;
    private readonly Func<bool> cannotStop;
    private readonly Action<int> end;
    private readonly PosixSignalRegistration[] registrations;
    private int status;

    public Interruption(Action stop, Func<bool> cannotStop, Action<int> end)
    {
        this.stop = stop;
        this.cannotStop = cannotStop;
        this.end = end;
        registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Interrupt(context, number: 1)),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Interrupt(context, number: 2)),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Interrupt(context, number: 15)),
        ];
    }

    /// <summary>The status to end with if a signal came, else null.</summary>
    public int? Status => Volatile.Read(ref status) is 0 ? null : status;

    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in registrations)
        {
            registration.Dispose();
        }
    }

    private void Interrupt(PosixSignalContext context, int number)
    {
        context.Cancel = true;
        bool again = Interlocked.CompareExchange(ref status, ExitStatus.SignalBase + number, comparand: 0) is not 0;
        if (again || cannotStop())
        {
            end(status);
        }

        _ = Task.Delay(Grace).ContinueWith(_ => end(status), TaskScheduler.Default);
        stop();
    }
}
