namespace PagemapTools.Tests.Support;

/// <summary>
/// Tests beside which no other runs: every process that another one starts or ends shares libraries with those that are measured, and
/// every file that another one reads is open in this process.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ExclusiveCollection
{
    public const string Name = "A quiet machine";
}
