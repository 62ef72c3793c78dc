using PagemapTools.Procfs.Processes;

namespace PagemapTools.Procfs.Machine;

/// <summary>The failure of a reading that is of no use without page frame numbers.</summary>
internal static class HiddenFrames
{
    private const string Capability = "CAP_SYS_ADMIN in the initial user namespace";

    /// <summary>Throws before anything is read if the caller certainly lacks the capability. A saved tree shows what it has.</summary>
    /// <exception cref="ProcfsException">The kernel hides page frame numbers from the caller.</exception>
    public static void ThrowIfHidden(ProcfsContext procfs)
    {
        CallerCapabilities capabilities = procfs.Capabilities;
        if (procfs.Root.IsProcFileSystem && (capabilities.IsInitialUserNamespace & capabilities.Has(Processes.Capability.SysAdmin)) == false)
        {
            throw CreateException(procfs.Root);
        }
    }

    /// <summary>Creates the failure.</summary>
    public static ProcfsException CreateException(ProcRoot root) => new(
        ProcfsError.PageFramesHidden,
        $"The kernel hides page frame numbers from this user, and only they show which pages are the same memory. The caller lacks {Capability}.",
        root.GetPath("self/pagemap"),
        missingCapability: Capability);
}
