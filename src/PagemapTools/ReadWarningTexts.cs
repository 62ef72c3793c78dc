namespace PagemapTools;

/// <summary>The texts of warnings about the limits of a reading.</summary>
internal static class ReadWarningTexts
{
    private static readonly (ReadWarnings Warning, string Text)[] s_texts =
    [
        (ReadWarnings.HiddenPageFrames, "The kernel hides page frame numbers and swap offsets from this user, so values that depend on them are null. "
            + "CAP_SYS_ADMIN in the initial user namespace is missing."),
        (ReadWarnings.UnresolvedSharedMemory, "Shared memory could not be resolved. /proc/PID/map_files needs CAP_CHECKPOINT_RESTORE or CAP_SYS_ADMIN in the initial user namespace; "
            + "files of other users also need CAP_FOWNER."),
        (ReadWarnings.UntrackedPageFrames, "Pages in memory that the kernel does not track are not counted: /proc/kpageflags has no flags for them."),
        (ReadWarnings.IgnoredPageFrames, "Ranges made with -IgnorePfn are not counted: they do not contain page frame numbers."),
        (ReadWarnings.UnknownCgroupPaths, "The paths of some cgroups are null: the cgroup hierarchy is too large or too deep to read it whole."),
    ];

    /// <summary>Gets one text for each warning.</summary>
    public static IEnumerable<string> Describe(this ReadWarnings warnings) =>
        s_texts.Where(each => warnings.HasFlag(each.Warning)).Select(each => each.Text);
}
