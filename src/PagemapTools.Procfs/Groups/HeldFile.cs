using PagemapTools.Procfs.Holdings;

namespace PagemapTools.Procfs.Groups;

/// <summary>A file without a name, which lives as long as processes map it or have it open.</summary>
/// <param name="Link">A descriptor or a mapping of it.</param>
/// <param name="Holder">The group of the processes that hold it; <see cref="Several"/> or <see cref="Outside"/>.</param>
internal sealed record HeldFile(FileLink Link, int Holder)
{
    /// <summary>Stands for processes of no group.</summary>
    public const int Outside = -1;

    /// <summary>Stands for processes of more than one group.</summary>
    public const int Several = -2;
}
