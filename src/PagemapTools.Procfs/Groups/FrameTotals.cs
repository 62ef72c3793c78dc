namespace PagemapTools.Procfs.Groups;

/// <summary>The page frames of a group, by kind.</summary>
internal struct FrameTotals
{
    /// <summary>The fraction bits of <see cref="Pss"/> (fs/proc/task_mmu.c, PSS_SHIFT).</summary>
    public const int PssShift = 12;

    /// <summary>Page frames that the group maps.</summary>
    public KindTotals Mapped;

    /// <summary>Page frames that nobody else maps.</summary>
    public KindTotals Own;

    /// <summary>PSS in bytes, shifted left by <see cref="PssShift"/>.</summary>
    public UInt128 Pss;

    /// <summary>Whether the kernel does not show for some page frame whether another process maps it.</summary>
    public bool IsOwnUnknown;

    /// <summary>Whether the kernel does not show for some page frame how many mappings it has.</summary>
    public bool IsPssUnknown;

    /// <summary>Adds page frames that one mapping alone maps.</summary>
    public void AddMappedOnce(in KindTotals frames)
    {
        Mapped.Add(frames);
        Own.Add(frames);
        for (FrameKind kind = 0; (int)kind < KindTotals.Kinds; kind++)
        {
            Pss += IsHugetlb(kind) ? 0 : (UInt128)frames[kind] * (PageGeometry.PageSize << PssShift);
        }
    }

    /// <summary>Adds other totals.</summary>
    public void Add(in FrameTotals other)
    {
        Mapped.Add(other.Mapped);
        Own.Add(other.Own);
        Pss += other.Pss;
        IsOwnUnknown |= other.IsOwnUnknown;
        IsPssUnknown |= other.IsPssUnknown;
    }

    /// <summary>Whether smaps leaves out the kind from Rss and Pss.</summary>
    public static bool IsHugetlb(FrameKind kind) => kind is FrameKind.HugetlbToPool or FrameKind.KeptHugetlb;
}
