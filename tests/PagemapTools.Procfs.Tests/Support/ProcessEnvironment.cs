namespace PagemapTools.Procfs.Tests.Support;

/// <summary>Tests that change the environment variables of this process. They run alone.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class ProcessEnvironment
{
    public const string Name = "The environment of this process";
}
