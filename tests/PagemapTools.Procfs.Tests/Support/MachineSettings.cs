namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Tests whose kinds change settings of the whole machine (swap, hugetlb, KSM, transparent huge pages): nothing runs beside them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachineSettings
{
    public const string Name = "Settings of the machine";
}
