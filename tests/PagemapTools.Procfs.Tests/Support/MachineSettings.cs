namespace PagemapTools.Procfs.Tests.Support;

/// <summary>
/// Tests whose target processes change settings of the machine (swap, hugetlb, KSM, transparent huge pages), or start and end all the
/// time, so that Pss of every library changes. They run alone.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachineSettings
{
    public const string Name = "Settings of the machine";
}
