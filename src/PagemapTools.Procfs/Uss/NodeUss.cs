namespace PagemapTools.Procfs.Uss;

/// <summary>The memory of a process on one NUMA node, in bytes. Swap is null: what is swapped out is on no node.</summary>
public sealed class NodeUss : ProcessUss
{
    internal NodeUss(UssTarget target, int? node, UssMethod method, UssFigures figures)
        : base(target, method, figures)
    {
        Node = node;
    }

    /// <summary>The node; null for page frames of which the machine does not show the node.</summary>
    public int? Node { get; }
}
