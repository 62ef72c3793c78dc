namespace PagemapTools.Host;

/// <summary>Exit statuses a calling shell script can tell apart: those of pwsh where it has one, else those of the shell.</summary>
internal static class ExitStatus
{
    public const int Success = 0;

    public const int Failure = 1;

    /// <summary>EX_USAGE of sysexits.h, which pwsh gives too.</summary>
    public const int Usage = 64;

    /// <summary>What a shell reports for a process that a signal ended: 128 and the signal's number.</summary>
    public const int SignalBase = 128;

    /// <summary>As if SIGPIPE had ended the process; the runtime ignores that signal, so the host has to say it.</summary>
    public const int OutputClosed = SignalBase + 13;
}
