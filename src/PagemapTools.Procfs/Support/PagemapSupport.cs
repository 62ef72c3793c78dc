namespace PagemapTools.Procfs.Support;

/// <summary>One thing that this kernel and this user can or cannot do.</summary>
public sealed class PagemapSupport
{
    internal PagemapSupport(string feature, bool? isSupported, string detail, string source)
    {
        Feature = feature;
        IsSupported = isSupported;
        Detail = detail;
        Source = source;
    }

    /// <summary>The feature's name.</summary>
    public string Feature { get; }

    /// <summary>Whether it is there for this user on this kernel; null if it cannot be told.</summary>
    public bool? IsSupported { get; }

    /// <summary>What it gives, or what is missing: the capability, the kernel option or the kernel's release.</summary>
    public string Detail { get; }

    /// <summary>The file or call that was asked.</summary>
    public string Source { get; }
}
