namespace PagemapTools.Tests.Support;

/// <summary>
/// Tests for which the machine should be quiet: every process that another test starts or ends shares libraries with those that are
/// measured.
/// </summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class QuietMachine
{
    public const string Name = "A quiet machine";
}
