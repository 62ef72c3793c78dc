namespace PagemapTools.Procfs.Support;

/// <summary>One feature, and whether this user can use it on this kernel.</summary>
public sealed class PagemapSupport
{
    internal PagemapSupport(string feature, bool? isSupported, string detail, string source)
    {
        Feature = feature;
        IsSupported = isSupported;
        Detail = detail;
        Source = source;
    }

    /// <summary>The name of the feature.</summary>
    public string Feature { get; }

    /// <summary>Whether this user can use the feature on this kernel; null if the probe failed.</summary>
    public bool? IsSupported { get; }

    /// <summary>What the feature provides, or what is missing: a capability, a kernel option or a release of the kernel.</summary>
    public string Detail { get; }

    /// <summary>The file or system call that was probed.</summary>
    public string Source { get; }
}
