using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;
using PagemapTools.Benchmarks.Targets;

namespace PagemapTools.Benchmarks.Budget;

/// <summary>The target process, the engine and the programs that rows share. Each is created on first use.</summary>
internal sealed class Surroundings(CommandLine commandLine) : IDisposable
{
    private readonly string? _pageTypes = Programs.Find("page-types", commandLine.PageTypes);
    private readonly string? _thpmaps = Programs.Find("thpmaps", commandLine.Thpmaps);
    private StagedModule? _module;
    private EmbeddedEngine? _engine;

    public TargetProcesses Targets { get; } = new(Report);

    public StagedModule Module => _module ??= StagedModule.Find(commandLine.Module);

    public EmbeddedEngine Engine => _engine ??= new EmbeddedEngine(Module.Manifest);

    /// <exception cref="SkippedException">This machine has none.</exception>
    public PageTypes PageTypes() => new(
        _pageTypes ?? throw new SkippedException("page-types is not on PATH; name it with --page-types (it comes with the kernel's source)"));

    /// <summary>The path of the kernel's thpmaps.</summary>
    /// <exception cref="SkippedException">This machine has none.</exception>
    public string Thpmaps => _thpmaps ?? throw new SkippedException("thpmaps is not on PATH; name it with --thpmaps (tests/get-thpmaps gets it)");

    /// <summary>A pwsh; null if there is none.</summary>
    public string? PowerShell { get; } = Programs.Find("pwsh", commandLine.PowerShell);

    public void Say(string message) => Report(message);

    public void Dispose()
    {
        _engine?.Dispose();
        Targets.Dispose();
    }

    // Stdout is for the results.
    private static void Report(string message) => Console.Error.WriteLine(message);
}
