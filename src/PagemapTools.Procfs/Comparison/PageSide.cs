namespace PagemapTools.Procfs.Comparison;

/// <summary>The result of a comparison at one address.</summary>
internal enum PageSide
{
    /// <summary>Both sides have the same page frame, or the same place in swap.</summary>
    Same,

    /// <summary>Both sides have a page, and the page frames differ.</summary>
    Different,

    /// <summary>Only the reference has a page.</summary>
    ReferenceOnly,

    /// <summary>Only the difference has a page.</summary>
    DifferenceOnly,
}

/// <summary>The indicators of Compare-Object.</summary>
internal static class PageSides
{
    public static string GetIndicator(PageSide side) => side switch
    {
        PageSide.Same => "==",
        PageSide.Different => "<>",
        PageSide.ReferenceOnly => "<=",
        _ => "=>",
    };
}
