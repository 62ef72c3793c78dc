namespace PagemapTools.Procfs.Frames;

/// <summary>The letter of a flag, and its names other than that of the member.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class KPageFlagAttribute(char letter) : Attribute
{
    /// <summary>The letter in page-types' symbolic flags.</summary>
    public char Letter { get; } = letter;

    /// <summary>The name in page-types' table (page_flag_names in tools/vm/page-types.c of Linux 6.1), if it is not the kernel's name.</summary>
    public string? PageTypesName { get; init; }

    /// <summary>The name on older kernels; null if it is the same.</summary>
    public string? OtherName { get; init; }
}
