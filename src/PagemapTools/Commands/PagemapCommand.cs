using System.Management.Automation;
using PagemapTools.Procfs;

namespace PagemapTools.Commands;

/// <summary>What all cmdlets share: where proc is, prompt stopping, and warnings that are given once.</summary>
public abstract class PagemapCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly HashSet<string> _warnings = [];
    private bool _isDisposed;

    /// <summary>Where proc is mounted. The default is /proc, or what the environment variable PAGEMAPTOOLS_PROC says.</summary>
    [Parameter]
    [ValidateNotNullOrEmpty]
    public string? ProcPath { get; set; }

    private protected ProcRoot Root { get; private set; } = null!;

    private protected CancellationToken Stop => _stop.Token;

    /// <summary>Releases what the cmdlet holds; also called when the pipeline ends early.</summary>
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
        if (!OperatingSystem.IsLinux())
        {
            ThrowTerminatingError(PagemapErrors.PlatformNotSupported());
        }

        Root = new ProcRoot(ProcPath is null ? null : GetUnresolvedProviderPathFromPSPath(ProcPath));
        if (!Directory.Exists(Root.Path))
        {
            ThrowTerminatingError(PagemapErrors.ProcPathNotFound(Root.Path));
        }
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _stop.Cancel();

    /// <summary>Releases what a derived cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing) => _stop.Dispose();

    private protected void WarnOnce(string message)
    {
        if (_warnings.Add(message))
        {
            WriteWarning(message);
        }
    }

    private protected void WarnHiddenFrames() => WarnOnce(
        "The kernel hides page frame numbers and swap places from this user, so what depends on them is null. "
        + "What is missing is CAP_SYS_ADMIN in the initial user namespace.");

    /// <summary>A failure as an error of its target, or, where nothing more can be done, of the whole invocation.</summary>
    private protected void Report(ProcfsException failure)
    {
        if (failure.IsOfOneProcess())
        {
            WriteError(failure.ToRecord());
        }
        else
        {
            ThrowTerminatingError(failure.ToRecord());
        }
    }

    /// <inheritdoc cref="TryRead{T}"/>
    private protected bool TryRead(Action read) => TryRead(
        () =>
        {
            read();
            return true;
        },
        out _);

    /// <summary>Runs a step of reading. Writing to the pipeline stays outside: what it throws belongs to the engine.</summary>
    /// <returns>Whether it was done; false if it failed, which has been reported.</returns>
    private protected bool TryRead<T>(Func<T> read, out T result)
    {
        try
        {
            result = read();
            return true;
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            throw new PipelineStoppedException();
        }
        catch (ProcfsException failure)
        {
            Report(failure);
            result = default!;
            return false;
        }
    }
}
