using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;

namespace PagemapTools.Procfs.Processes;

/// <summary>
/// The names of users. A proc file system shows the user ids of the caller's user namespace, which the name service of this machine
/// names. A saved tree has the ids of another machine, which stay numbers. Safe to use from several threads.
/// </summary>
/// <remarks>
/// The name service may be a server that does not answer (nsswitch.conf: ldap, sss). So a lookup runs on a thread that can be left behind.
/// After the first that takes too long no other begins, and users stay numbers. So does a user for whom no thread can be started.
/// </remarks>
internal sealed class UserNames
{
    private readonly ConcurrentDictionary<uint, Lazy<Task<string?>>> _names = new();
    private readonly Func<uint, byte[]?>? _find;
    private readonly TimeSpan _timeout;
    private volatile bool _isSilent;

    /// <summary>Creates the names of the users of a proc tree.</summary>
    public UserNames(ProcRoot root)
        : this(root.IsProcFileSystem ? PasswordDatabase.FindName : null, TargetRunOptions.DefaultTimeout)
    {
    }

    /// <summary>Creates the names of users from a database.</summary>
    /// <param name="find">Finds the name of a user; null for numbers only.</param>
    /// <param name="timeout">How long a lookup may take.</param>
    internal UserNames(Func<uint, byte[]?>? find, TimeSpan timeout) => (_find, _timeout) = (find, timeout);

    /// <summary>Gets the name of a user; the number if the user has no name here, or if the name service does not answer.</summary>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> is cancelled.</exception>
    public string Get(uint userId, CancellationToken cancellationToken = default)
    {
        Task<string?>? lookup = _find is null || _isSilent
            ? _names.GetValueOrDefault(userId)?.Value
            : _names.GetOrAdd(userId, id => new(() => Start(id))).Value;
        return WaitFor(lookup, cancellationToken) ?? userId.ToString(CultureInfo.InvariantCulture);
    }

    private Task<string?> Start(uint userId)
    {
        Task<string?> lookup = new(() => _find!(userId) is { Length: > 0 } name ? SeqFileText.Decode(name) : null);
        return LeftTargets.Shared.Threads.TryStart(_ => lookup.RunSynchronously(TaskScheduler.Default)) ? lookup : Task.FromResult<string?>(null);
    }

    // A wait in steps: the waiting thread gets on, so the process that it reads is not taken for one that does not answer.
    private string? WaitFor(Task<string?>? lookup, CancellationToken cancellationToken)
    {
        Stopwatch waited = Stopwatch.StartNew();
        while (lookup is { IsCompleted: false } && !_isSilent)
        {
            if (!lookup.Wait((int)TargetRun.Interval.TotalMilliseconds, cancellationToken) && waited.Elapsed >= _timeout)
            {
                _isSilent = true;
            }
        }

        return lookup is { IsCompleted: true } ? lookup.Result : null;
    }
}
