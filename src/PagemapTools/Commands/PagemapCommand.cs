using System.Collections;
using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>The base of all cmdlets: -ProcPath, cancellation, errors, and safe text for every stream.</summary>
public abstract class PagemapCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly HashSet<string> _warnings = [];
    private int _thread;
    private int _pendingWarnings;
    private bool _isDisposed;

    /// <summary>Where proc is mounted. The default is the environment variable PAGEMAPTOOLS_PROC, or /proc.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProcPath { get; set; }

    /// <summary>
    /// Accepts a directory that is no proc file system, such as a saved tree. Only its regular files are opened, links are not followed,
    /// and nothing is written.
    /// </summary>
    [Parameter]
    public SwitchParameter AllowSavedTree { get; set; }

    private protected ProcfsContext Procfs { get; private set; } = null!;

    private protected ProcRoot Root => Procfs.Root;

    private protected CancellationToken CancellationToken => _cancellation.Token;

    /// <summary>The path of a saved copy of kpageflags; null to read the machine's.</summary>
    private protected virtual string? SavedFlagsPath => null;

    /// <summary>Releases the cmdlet's resources. The engine also calls it when the pipeline ends early.</summary>
    public void Dispose()
    {
        if (!_isDisposed)
        {
            _isDisposed = true;
            Dispose(disposing: true);
            GC.SuppressFinalize(this);
        }
    }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        _thread = Environment.CurrentManagedThreadId;
        if (!OperatingSystem.IsLinux())
        {
            ThrowTerminatingError(PagemapErrors.PlatformNotSupported());
        }

        ProcRoot root = new(ProcPath is null ? null : GetUnresolvedProviderPathFromPSPath(ProcPath));
        Procfs = new ProcfsContext(root, SavedFlagsPath);
        if (!Directory.Exists(root.Path))
        {
            ThrowTerminatingError(PagemapErrors.ProcPathNotFound(root.Path));
        }

        if (!root.IsProcFileSystem && !AllowSavedTree)
        {
            ThrowTerminatingError(PagemapErrors.ProcPathNotProc(root.Path));
        }

        if (Environment.GetEnvironmentVariable(PageGeometry.EnvironmentVariable) is { Length: > 0 } size && (root.IsProcFileSystem || size != $"{PageGeometry.PageSize}"))
        {
            ThrowTerminatingError(PagemapErrors.PageSizeNotUsable(size, root));
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _cancellation.Cancel();

    /// <summary>Releases the resources of a derived cmdlet.</summary>
    protected virtual void Dispose(bool disposing)
    {
        Procfs?.Dispose();
        _cancellation.Dispose();
    }

    /// <summary>Finds the name of a process, for progress; null if it cannot be read.</summary>
    internal string? FindProcessName(int processId)
    {
        try
        {
            return Root.GetProcessName(processId, CancellationToken);
        }
        catch (Exception unreadable) when (EndsReading(unreadable))
        {
            return null;
        }
    }

    /// <summary>Writes the error of one process, file or page frame.</summary>
    internal void WriteFailure(ProcfsException failure) => WriteError(failure.ToRecord());

    // Every text that may contain a name passes through these four.
    internal new void WriteProgress(ProgressRecord record)
    {
        record.Activity = VisibleText.Escape(record.Activity);
        record.StatusDescription = VisibleText.Escape(record.StatusDescription);
        base.WriteProgress(record);
    }

    internal new void WriteWarning(string message) => base.WriteWarning(VisibleText.Escape(message));

    internal new void WriteVerbose(string message) => base.WriteVerbose(VisibleText.Escape(message));

    private protected new bool ShouldProcess(string target, string action) => base.ShouldProcess(VisibleText.Escape(target), action);

    private protected void WarnOnce(string message)
    {
        if (_warnings.Add(message))
        {
            WriteWarning(message);
        }
    }

    /// <summary>Warns about the limits of a reading, once for each limit. A warning from another thread is written with the next item.</summary>
    private protected void Warn(ReadWarnings warnings)
    {
        if (Environment.CurrentManagedThreadId != _thread)
        {
            Interlocked.Or(ref _pendingWarnings, (int)warnings);
            return;
        }

        foreach (string text in warnings.Describe())
        {
            WarnOnce(text);
        }
    }

    /// <summary>Warns if -Mapping and -LiteralMapping selected no mapping of any process that was read.</summary>
    private protected void WarnOfUnmatched(MappingFilter? mappings)
    {
        if (mappings is { IsUnmatched: true })
        {
            WarnOnce($"No process that was read has a mapping {mappings}.");
        }
    }

    /// <summary>Writes a file. If that fails, the command ends with an error that names the file.</summary>
    private protected T WriteFile<T>(string path, Func<T> write)
    {
        try
        {
            return write();
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            ThrowTerminatingError(PagemapErrors.FileNotWritten(path, failure));
            throw;
        }
    }

    /// <summary>Writes the error of one target and continues, or ends the invocation with an error that concerns all targets.</summary>
    private protected void Report(ProcfsException failure)
    {
        if (failure.IsPerProcess())
        {
            WriteFailure(failure);
        }
        else
        {
            ThrowTerminatingError(failure.ToRecord());
        }
    }

    /// <summary>Returns the items of a reading. A failure ends the reading and is reported after the items before it.</summary>
    private protected IEnumerable<T> Guard<T>(IEnumerable<T> reading)
    {
        using IEnumerator<T> items = reading.GetEnumerator();
        while (TryMoveNext(items))
        {
            WarnPending();
            yield return items.Current;
        }

        WarnPending();
    }

    /// <inheritdoc cref="TryRead{T}"/>
    private protected bool TryRead(Action read) => TryRead(
        () =>
        {
            read();
            return true;
        },
        out _);

    /// <summary>Runs one step of a reading and reports its failure. WriteObject must stay outside, because its exceptions belong to the engine.</summary>
    /// <returns>False if the step failed.</returns>
    private protected bool TryRead<T>(Func<T> read, out T result)
    {
        try
        {
            result = read();
            WarnPending();
            return true;
        }
        catch (Exception failure) when (EndsReading(failure))
        {
            WarnPending();
            ReportEnd(failure);
            result = default!;
            return false;
        }
    }

    private void WarnPending()
    {
        if (Volatile.Read(ref _pendingWarnings) != 0)
        {
            Warn((ReadWarnings)Interlocked.Exchange(ref _pendingWarnings, 0));
        }
    }

    // Called for every item: a delegate for TryRead would cost as much as the rest of the enumeration.
    private bool TryMoveNext(IEnumerator items)
    {
        try
        {
            return items.MoveNext();
        }
        catch (Exception failure) when (EndsReading(failure))
        {
            ReportEnd(failure);
            return false;
        }
    }

    private bool EndsReading(Exception failure) =>
        failure is ProcfsException || (failure is OperationCanceledException && _cancellation.IsCancellationRequested);

    private void ReportEnd(Exception failure) => Report(failure as ProcfsException ?? throw new PipelineStoppedException());
}
