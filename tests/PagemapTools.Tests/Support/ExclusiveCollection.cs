namespace PagemapTools.Tests.Support;

/// <summary>
/// No other test runs beside a test of this collection. A process that another test starts or ends shares libraries with the measured
/// processes, and a file that another test reads is open in this process.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ExclusiveCollection
{
    public const string Name = "A quiet machine";
}
