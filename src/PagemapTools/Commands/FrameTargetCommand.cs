using System.Management.Automation;

namespace PagemapTools.Commands;

/// <summary>Cmdlets that take page frames: by number, by physical address, or as pages from the pipeline.</summary>
public abstract class FrameTargetCommand : PagemapCommand
{
    private protected const string PfnSet = "Pfn";
    private protected const string PhysicalAddressSet = "PhysicalAddress";
    private protected const string InputObjectSet = "InputObject";

    /// <summary>Page frame numbers, as numbers or hex strings.</summary>
    [Parameter(Position = 0, ParameterSetName = PfnSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [PfnTransformation]
    [AllowNull]
    [AllowEmptyCollection]
    public ulong[] Pfn { get; set => field = value ?? []; } = [];

    /// <summary>Physical addresses, as numbers or hex strings; the page frame is the one that contains the address.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PhysicalAddressSet, ValueFromPipelineByPropertyName = true)]
    [PfnTransformation(Quantity = "physical address")]
    public ulong[] PhysicalAddress { get; set; } = [];

    /// <summary>The number of page frames from each page frame on. Without -Pfn, counting begins at page frame 0.</summary>
    [Parameter(ParameterSetName = PfnSet, ValueFromPipelineByPropertyName = true)]
    [Parameter(ParameterSetName = PhysicalAddressSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PageCount")]
    [ValidateRange(1, long.MaxValue)]
    [VisibleArgument(typeof(long))]
    public long Count { get; set; } = 1;

    /// <summary>Pages from another cmdlet of this module.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    [VisibleArgument(typeof(PageInfo))]
    public PageInfo? InputObject { get; set; }

    /// <summary>The page frames of the current parameter set.</summary>
    private protected IEnumerable<ulong> FrameNumbers =>
        ParameterSetName == PhysicalAddressSet ? PhysicalAddress.Select(address => address / PageGeometry.PageSize) : Pfn;
}
