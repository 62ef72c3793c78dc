namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Tests that change the environment of this process, which all the others share: they run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessEnvironment
{
    public const string Name = "The environment of this process";
}
