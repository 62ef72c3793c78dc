using System.Management.Automation;
using PagemapTools.Completion;

namespace PagemapTools.Commands;

/// <summary>Compares the pages of two processes, or of one process at two moments, address by address.</summary>
[Cmdlet(VerbsData.Compare, "ProcessPageMap", DefaultParameterSetName = IdSet)]
[OutputType(typeof(PageComparison), typeof(PageComparisonRange))]
public sealed class CompareProcessPageMapCommand : ProcessReadingCommand
{
    private const string IdSet = "Id";
    private const string PagesSet = "Pages";

    private MappingFilter? _mappings;

    /// <summary>The id of the process that is compared with.</summary>
    [Parameter(Mandatory = true, Position = 0, ParameterSetName = IdSet)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [VisibleArgument(typeof(int))]
    public int ReferenceId { get; set; }

    /// <summary>Pages that Get-ProcessPageMap returned earlier.</summary>
    [Parameter(Mandatory = true, ParameterSetName = PagesSet)]
    [AllowEmptyCollection]
    [ValidateNotNull]
    [VisibleArgument(typeof(ProcessPageInfo[]))]
    public ProcessPageInfo[] Reference { get; set; } = [];

    /// <summary>The id of the process that is compared. With -Reference the default is the process of these pages.</summary>
    [Parameter(Position = 1)]
    [ArgumentCompleter(typeof(ProcessIdCompleter))]
    [VisibleArgument(typeof(int))]
    public int DifferenceId { get; set; }

    /// <summary>Addresses, or ranges such as 0x7f00-0x7fff; the end is excluded, as in maps.</summary>
    [Parameter]
    [VisibleConversion(typeof(AddressRange[]))]
    public AddressRange[] Address { get; set => field = value ?? []; } = [];

    /// <summary>Mappings, by path, by the name of the file, or by the kernel's name, such as [heap]; wildcards are allowed.</summary>
    [Parameter]
    [SupportsWildcards]
    [ValidateWildcards(MatchMappings = true)]
    public string[] Mapping { get; set => field = value ?? []; } = [];

    /// <summary>Only the mappings with exactly these names, as the property Name of the mapping has them.</summary>
    [Parameter]
    public string[] LiteralMapping { get; set => field = value ?? []; } = [];

    /// <summary>Leaves out pages that are the same on both sides.</summary>
    [Parameter]
    public SwitchParameter ExcludeEqual { get; set; }

    /// <summary>Joins consecutive addresses with equal results into ranges.</summary>
    [Parameter]
    public SwitchParameter AsRange { get; set; }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        _mappings = MappingFilter.Create(Mapping, LiteralMapping);
        WorkProgress progress = WorkProgress.ForComparison(this);
        IEnumerable<PageComparison> comparisons = Compare(progress);
        foreach (object item in Guard<object>(AsRange ? comparisons.AsRanges() : comparisons))
        {
            WriteObject(item);
        }

        progress.Complete();
        WarnOfUnmatched(_mappings);
    }

    private IEnumerable<PageComparison> Compare(WorkProgress progress)
    {
        PageComparisonQuery query = new()
        {
            Walk = new PageWalkOptions { Mappings = _mappings is null ? null : _mappings.IsMatch, Addresses = Address },
            ExcludeEqual = ExcludeEqual,
        };
        bool hasDifferenceId = MyInvocation.BoundParameters.ContainsKey(nameof(DifferenceId));
        if (!hasDifferenceId && Reference.Length == 0)
        {
            ThrowTerminatingError(PagemapErrors.NoDifferenceId());
        }

        if (ParameterSetName == IdSet)
        {
            return Procfs.ComparePages(ReferenceId, DifferenceId, query, CreateRunOptions(progress), progress, CancellationToken);
        }

        try
        {
            return Procfs.ComparePages(Reference, hasDifferenceId ? DifferenceId : Reference[0].ProcessId, query, CreateRunOptions(progress), progress, CancellationToken);
        }
        catch (InvalidDataException invalid)
        {
            ThrowTerminatingError(PagemapErrors.InvalidReferencePages(invalid.Message));
            throw;
        }
    }
}
