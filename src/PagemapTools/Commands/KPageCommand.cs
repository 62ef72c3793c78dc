using System.Globalization;
using System.Management.Automation;
using PagemapTools.Procfs.Frames;
using PagemapTools.Procfs.Pages;

namespace PagemapTools.Commands;

/// <summary>
/// Cmdlets over a file that is indexed by page frame number: frames by number, all of them, or those of pages from the pipeline,
/// which are passed on with more known of them. Whatever comes down the pipeline is joined in batches, in order.
/// </summary>
public abstract class KPageCommand : PagemapCommand
{
    private protected const string PfnSet = "Pfn";
    private protected const string InputObjectSet = "InputObject";

    // Enough to find neighbours among the frames, few enough that the pipeline does not wait long.
    private const int PagesPerBatch = 4096;

    private readonly List<PageInfo> _pages = [];
    private FrameQuery _query = new();

    /// <summary>Page frame numbers, as numbers or as hex strings. Without any, all of the machine's frames.</summary>
    [Parameter(Position = 0, ParameterSetName = PfnSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [PfnTransformation]
    [AllowNull]
    [AllowEmptyCollection]
    public ulong[] Pfn { get; set => field = value ?? []; } = [];

    /// <summary>How many frames, from each number on. Without a number, from the first frame on.</summary>
    [Parameter(ParameterSetName = PfnSet, ValueFromPipelineByPropertyName = true)]
    [Alias("PageCount")]
    [ValidateRange(1, long.MaxValue)]
    public long Count { get; set; } = 1;

    /// <summary>Pages from another cmdlet of this module; what is read is added to them.</summary>
    [Parameter(Mandatory = true, ParameterSetName = InputObjectSet, ValueFromPipeline = true)]
    [ValidateNotNull]
    public PageInfo? InputObject { get; set; }

    private protected abstract FrameProperties Field { get; }

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        TryRead(() => Procfs.Frames.Get(Field), out _);
        _query = CreateQuery();
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == InputObjectSet)
        {
            Enqueue([InputObject!]);
        }
        else if (Count == 1)
        {
            Enqueue(Pfn.Select(pfn => new PageInfo(pfn)));
        }
        else
        {
            FlushBatch();
            foreach (ulong pfn in Pfn)
            {
                WriteRange(new FrameRange(pfn, (ulong)Count));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        FlushBatch();
        if (!MyInvocation.ExpectingInput && ParameterSetName == PfnSet && !MyInvocation.BoundParameters.ContainsKey(nameof(Pfn)))
        {
            bool isCounted = MyInvocation.BoundParameters.ContainsKey(nameof(Count));
            WriteRange(isCounted ? new FrameRange(0, (ulong)Count) : FrameRange.All);
        }
    }

    /// <summary>What is read, and which frames pass.</summary>
    private protected abstract FrameQuery CreateQuery();

    /// <summary>The objects to write for the pages that pass: the pages, or what a cmdlet makes of them.</summary>
    private protected virtual IEnumerable<FrameInfo> Transform(IEnumerable<PageInfo> pages) => pages;

    /// <summary>The inodes of cgroups that are named by inode, by path, or by the part of the path below the hierarchy; null for none named.</summary>
    private protected IReadOnlySet<ulong>? ResolveCgroups(string[] cgroups)
    {
        if (cgroups.Length == 0)
        {
            return null;
        }

        HashSet<ulong> inodes = [];
        foreach (string cgroup in cgroups)
        {
            ulong? inode = ulong.TryParse(cgroup, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number)
                ? number
                : Procfs.Cgroups.GetInode(cgroup);
            if (inode is null)
            {
                ThrowTerminatingError(PagemapErrors.CgroupNotFound(cgroup, Procfs.Cgroups.Root));
            }

            inodes.Add(inode!.Value);
        }

        return inodes;
    }

    private void Write(IEnumerable<PageInfo> pages)
    {
        foreach (FrameInfo item in Guard(Transform(pages)))
        {
            WriteObject(item);
        }
    }

    private void Enqueue(IEnumerable<PageInfo> pages)
    {
        foreach (PageInfo page in pages)
        {
            _pages.Add(page);
            if (_pages.Count == PagesPerBatch)
            {
                FlushBatch();
            }
        }
    }

    private void FlushBatch()
    {
        Write(Procfs.ReadFrames(_pages, _query, CancellationToken));

        _pages.Clear();
    }

    private void WriteRange(FrameRange range)
    {
        WorkProgress progress = WorkProgress.ForFrames(this, $"Reading {Field} of page frames");
        Write(Procfs.ReadFrames(range, _query, progress, CancellationToken));

        progress.Complete();
    }
}
