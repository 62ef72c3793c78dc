using PagemapTools.Commands;

namespace PagemapTools;

/// <summary>
/// Reports the failures of processes that nobody named, in a reading of all processes. A process that has exited, has no address space or
/// may not be read is a verbose line. Every other failure is an error.
/// </summary>
internal sealed class UnnamedProcesses(PagemapCommand command)
{
    private readonly List<ProcfsException> _withoutPagemap = [];
    private ProcfsException? _denied;
    private int _deniedCount;
    private bool _hasWarned;

    /// <summary>Reports the failure of one process.</summary>
    public void Report(ProcfsException failure)
    {
        if (failure.IsExpected)
        {
            command.WriteVerbose(failure.Message);
            bool isDenied = failure.Error == ProcfsError.ProcessAccessDenied;
            _denied ??= isDenied ? failure : null;
            _deniedCount += isDenied ? 1 : 0;
        }
        else if (failure.Error == ProcfsError.PagemapNotAvailable)
        {
            _withoutPagemap.Add(failure);
        }
        else
        {
            command.WriteFailure(failure);
        }
    }

    /// <summary>Reports the failures of a reading.</summary>
    public void Report(IEnumerable<ProcfsException> failures)
    {
        foreach (ProcfsException failure in failures)
        {
            Report(failure);
        }
    }

    /// <summary>Ends a reading. If no process could be read and there is no pagemap, the kernel lacks it: one error ends the command.</summary>
    public void Complete(bool isAnyRead = true)
    {
        if (!isAnyRead && _withoutPagemap.Count > 0)
        {
            command.ThrowTerminatingError(_withoutPagemap[0].ToRecord());
        }

        _withoutPagemap.ForEach(command.WriteFailure);
        _withoutPagemap.Clear();
    }

    /// <summary>Warns once that processes are missing from the figures because this user may not read them.</summary>
    public void WarnOfDenied()
    {
        if (_deniedCount > 0 && !_hasWarned)
        {
            string missing = _denied!.MissingCapability is { } capability ? $" The caller lacks {capability}." : string.Empty;
            string processes = _deniedCount == 1 ? "1 process is" : $"{_deniedCount} processes are";
            command.WriteWarning($"{processes} left out: this user may not read {(_deniedCount == 1 ? "it" : "them")}.{missing} -Verbose names each.");
            _hasWarned = true;
        }
    }
}
