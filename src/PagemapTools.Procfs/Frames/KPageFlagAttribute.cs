namespace PagemapTools.Procfs.Frames;

/// <summary>How else a flag is written than by the name of its member.</summary>
[AttributeUsage(AttributeTargets.Field)]
internal sealed class KPageFlagAttribute(char letter) : Attribute
{
    /// <summary>The letter in page-types' row of flags.</summary>
    public char Letter { get; } = letter;

    /// <summary>The name in page-types' table (page_flag_names in tools/vm/page-types.c of Linux 6.1), where it is not the kernel's.</summary>
    public string? PageTypesName { get; init; }

    /// <summary>A name that older kernels or page-types use.</summary>
    public string? OtherName { get; init; }
}
