using System.Globalization;
using PagemapTools.Benchmarks.Engine;
using PagemapTools.Benchmarks.Peers;

namespace PagemapTools.Benchmarks.Verbs;

/// <summary>Imports a module in a process of its own, which prints the time: in pwsh, or without a pwsh in this program.</summary>
internal static class ImportVerb
{
    public const string Name = "import";

    /// <summary>The milliseconds of the import, without the start of the process.</summary>
    public static double Measure(string? powerShell, string module)
    {
        string output = powerShell is null
            ? ChildProcess.RunSelf(Name, module)
            : ChildProcess.Run(powerShell, ["-NoProfile", "-NonInteractive", "-Command", FormatScript(module)]);
        return double.TryParse(output, NumberStyles.Float, CultureInfo.InvariantCulture, out double milliseconds)
            ? milliseconds
            : throw new BenchmarkException($"importing '{module}' gave: {output}");
    }

    public static int Run(string[] arguments)
    {
        using EmbeddedEngine engine = new(module: null);
        Console.Out.Write(engine.Run(FormatScript(arguments[0])).Single());
        return ExitStatus.Met;
    }

    private static string FormatScript(string module) => $$"""
        $watch = [System.Diagnostics.Stopwatch]::StartNew()
        Import-Module -Name '{{module}}' -ErrorAction Stop
        $watch.Elapsed.TotalMilliseconds.ToString([cultureinfo]::InvariantCulture)
        """;
}
