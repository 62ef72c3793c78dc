using System.Management.Automation;
using PagemapTools.Procfs.Core;
using PagemapTools.Procfs.Machine;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Commands;

/// <summary>What all cmdlets share: where proc is, prompt stopping, and warnings that are given once.</summary>
public abstract class PagemapCommand : PSCmdlet, IDisposable
{
    private readonly CancellationTokenSource _cancellation = new();
    private readonly HashSet<string> _warnings = [];
    private bool _isDisposed;

    /// <summary>Where proc is mounted. The default is /proc, or what the environment variable PAGEMAPTOOLS_PROC says.</summary>
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

    /// <summary>A saved copy of kpageflags that is read instead of the machine's; null for the machine's.</summary>
    private protected virtual string? SavedFlagsPath => null;

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
    }

    /// <inheritdoc/>
    protected override void StopProcessing() => _cancellation.Cancel();

    /// <summary>Releases what a derived cmdlet holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
        Procfs?.Dispose();
        _cancellation.Dispose();
    }

    private protected void WarnOnce(string message)
    {
        if (_warnings.Add(message))
        {
            WriteWarning(message);
        }
    }

    /// <summary>Warns of the limits that a reading has met, of each once.</summary>
    private protected void Warn(ReadWarnings warnings)
    {
        if (warnings.HasFlag(ReadWarnings.HiddenPageFrames))
        {
            WarnOnce("The kernel hides page frame numbers and swap places from this user, so what depends on them is null. "
                + "What is missing is CAP_SYS_ADMIN in the initial user namespace.");
        }

        if (warnings.HasFlag(ReadWarnings.UnresolvedSharedMemory))
        {
            WarnOnce("Shared memory could not be resolved: /proc/PID/map_files needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace, "
                + "and files of other users CAP_FOWNER.");
        }

        if (warnings.HasFlag(ReadWarnings.UntrackedPageFrames))
        {
            WarnOnce("Pages in memory that the kernel has not taken into its map are not counted: /proc/kpageflags says nothing of them.");
        }

        if (warnings.HasFlag(ReadWarnings.IgnoredPageFrames))
        {
            WarnOnce("Ranges that were made with -IgnorePfn are not counted: they do not say which page frames their pages have.");
        }
    }

    /// <summary>A failure as an error of its target, or, where nothing more can be done, of the whole invocation.</summary>
    private protected void Report(ProcfsException failure)
    {
        if (failure.IsPerProcess())
        {
            WriteError(failure.ToRecord(Procfs.KernelRelease));
        }
        else
        {
            ThrowTerminatingError(failure.ToRecord(Procfs.KernelRelease));
        }
    }

    /// <summary>Passes on what a reading yields. A failure ends it and is reported, after everything that was read before it.</summary>
    private protected IEnumerable<T> Guard<T>(IEnumerable<T> reading)
    {
        using IEnumerator<T> items = reading.GetEnumerator();
        Func<bool> moveNext = items.MoveNext;
        while (TryRead(moveNext, out bool hasItem) && hasItem)
        {
            yield return items.Current;
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
        catch (OperationCanceledException) when (_cancellation.IsCancellationRequested)
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
