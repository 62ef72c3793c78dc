using System.Globalization;
using System.Management.Automation;
using PagemapTools.Procfs;

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
    private const int PagesToGather = 4096;

    private readonly List<PageInfo> _gathered = [];
    private KPageFiles? _files;
    private FrameReader? _reader;

    /// <summary>Page frame numbers, as numbers or as hex strings. Without any, all of the machine's frames.</summary>
    [Parameter(Position = 0, ParameterSetName = PfnSet, ValueFromPipeline = true, ValueFromPipelineByPropertyName = true)]
    [FrameNumber]
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

    private protected abstract KPageFields Field { get; }

    private protected FrameReader Reader => _reader!;

    private protected virtual string? SavedFlags => null;

    /// <inheritdoc/>
    protected override void BeginProcessing()
    {
        base.BeginProcessing();
        _files = new KPageFiles(Root, SavedFlags);
        TryRead(() => _files.Of(Field), out _);
        _reader = new FrameReader(_files, CreateQuery());
    }

    /// <inheritdoc/>
    protected override void ProcessRecord()
    {
        if (ParameterSetName == InputObjectSet)
        {
            Gather([InputObject!]);
        }
        else if (Count == 1)
        {
            Gather(Pfn.Select(pfn => new PageInfo(pfn)));
        }
        else
        {
            WriteGathered();
            foreach (ulong pfn in Pfn)
            {
                WriteFrames(new FrameRange(pfn, (ulong)Count));
            }
        }
    }

    /// <inheritdoc/>
    protected override void EndProcessing()
    {
        WriteGathered();
        if (!MyInvocation.ExpectingInput && ParameterSetName == PfnSet && !MyInvocation.BoundParameters.ContainsKey(nameof(Pfn)))
        {
            bool isCounted = MyInvocation.BoundParameters.ContainsKey(nameof(Count));
            WriteFrames(isCounted ? new FrameRange(0, (ulong)Count) : FrameRange.All);
        }
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _reader?.Dispose();
        _files?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>What is read, and which frames pass.</summary>
    private protected abstract FrameQuery CreateQuery();

    /// <summary>Writes a row of the reader's batch.</summary>
    private protected virtual void WriteRow(int row, Func<PageBatch, int, PageInfo> create) => WriteObject(create(Reader.Batch, row));

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
                : CgroupNames.Default.InodeOf(cgroup);
            if (inode is null)
            {
                ThrowTerminatingError(PagemapErrors.CgroupNotFound(cgroup));
            }

            inodes.Add(inode!.Value);
        }

        return inodes;
    }

    private void Gather(IEnumerable<PageInfo> pages)
    {
        foreach (PageInfo page in pages)
        {
            _gathered.Add(page);
            if (_gathered.Count == PagesToGather)
            {
                WriteGathered();
            }
        }
    }

    private void WriteGathered()
    {
        if (_gathered.Count == 0)
        {
            return;
        }

        Reader.Batch.Clear();
        foreach (PageInfo page in _gathered)
        {
            Reader.Batch.Add(page);
        }

        if (_gathered.Exists(page => page.IsFrameHidden))
        {
            WarnHiddenFrames();
        }

        TryRead(() => Reader.ReadBatch(), out int count);
        Func<PageBatch, int, PageInfo> describe = Reader.Describe;
        for (int row = 0; row < count; row++)
        {
            WriteRow(row, describe);
        }

        _gathered.Clear();
    }

    private void WriteFrames(FrameRange range)
    {
        WorkProgress progress = new(this, $"Reading {Field} of page frames");
        Func<PageBatch, int, PageInfo> create = Reader.Create;
        FrameRange rest = range;
        while (TryRead(() => Reader.MoveNext(ref rest, Stop), out bool hasFrames) && hasFrames)
        {
            ulong next = rest.First;
            progress.Show(() => $"at frame 0x{next:x}");
            for (int row = 0; row < Reader.Batch.Count; row++)
            {
                WriteRow(row, create);
            }
        }

        progress.Complete();
    }
}
