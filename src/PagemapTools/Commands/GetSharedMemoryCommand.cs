using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Gets every object of shared memory on the machine.</summary>
[Cmdlet(VerbsCommon.Get, "SharedMemory")]
[OutputType(typeof(SharedMemoryObject))]
public sealed class GetSharedMemoryCommand : ProcessReadingCommand
{
    /// <summary>The kinds of objects; the default is all.</summary>
    [Parameter(Position = 0)]
    [VisibleArgument(typeof(SharedMemoryKind[]))]
    public SharedMemoryKind[] Kind { get; set => field = value ?? []; } = [];

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        WorkProgress progress = WorkProgress.ForMeasurement(this);
        SharedMemoryLimits? limits = null;
        SharedMemoryQuery query = new() { Kinds = Kind, Run = CreateRunOptions(), OnComplete = found => limits = found };
        CountProgress done = new(count => progress.Show(() => $"{count} processes"));
        foreach (SharedMemoryObject item in Guard(Procfs.ReadSharedMemory(query, done, CancellationToken)))
        {
            WriteObject(item);
        }

        progress.Complete();
        if (limits is not null)
        {
            Report(limits);
        }
    }

    private void Report(SharedMemoryLimits limits)
    {
        UnnamedProcesses unnamed = new(this);
        unnamed.Report(limits.Failures);
        unnamed.Complete();
        if (limits.UnreadableProcesses + limits.UnexaminedMappings + limits.UnreadableDirectories + limits.UnlistedIpcNamespaces > 0)
        {
            WriteWarning($"Some shared memory is missing, or its values are null: {limits.UnreadableProcesses} processes, {limits.UnexaminedMappings} mapped files, "
                + $"{limits.UnreadableDirectories} directories and {limits.UnlistedIpcNamespaces} IPC namespaces are not readable for this user. "
                + "This needs CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, and CAP_SYS_ADMIN in the initial user namespace. -Verbose names the processes.");
        }

        if (limits.UnreachableMounts > 0)
        {
            WriteWarning($"Files of {limits.UnreachableMounts} mounts of tmpfs and hugetlbfs are missing unless a process maps or holds them: another mount hides the mount, "
                + "or the path to it leads through a file system that may not answer.");
        }
    }
}
