using System.Globalization;

namespace PagemapTools.Benchmarks;

/// <summary>The rows to measure, the number of turns, and the comparators.</summary>
internal sealed record CommandLine
{
    public const string Usage = """
        Measures the performance budget (docs/performance.md) on target processes of its own.

          dotnet run -c Release --project tests/PagemapTools.Benchmarks -- [options]

          --rows 2,5         only these rows
          --turns N          turns after the warm-up (5); each measures both sides
          --page-types PATH  the kernel's page-types (else searched on PATH)
          --thpmaps PATH     the kernel's thpmaps (else searched on PATH)
          --pwsh PATH        a PowerShell to import the module into (else searched on PATH)
          --module PATH      the staged module's manifest (else out/PagemapTools, above this program or the current directory)
          --json             the results as JSON
          --micro [...]      micro-benchmarks instead; what follows goes to BenchmarkDotNet, such as --filter *Decode*

        Exit status: 0 all rows met, 1 a row not met or not measured, 2 wrong arguments, 3 nothing could be measured.
        """;

    private const int DefaultTurns = 5;

    public IReadOnlyList<int> Rows { get; private init; } = [];

    public int Turns { get; private init; } = DefaultTurns;

    public string? PageTypes { get; private init; }

    public string? Thpmaps { get; private init; }

    public string? PowerShell { get; private init; }

    public string? Module { get; private init; }

    public bool IsJson { get; private init; }

    public bool IsHelp { get; private init; }

    public static CommandLine Parse(string[] arguments)
    {
        CommandLine commandLine = new();
        Queue<string> rest = new(arguments);
        while (rest.TryDequeue(out string? option))
        {
            commandLine = option switch
            {
                "--rows" => commandLine with { Rows = [.. Value(option, rest).Split(',').Select(row => Number(option, row))] },
                "--turns" => commandLine with { Turns = Number(option, Value(option, rest)) },
                "--page-types" => commandLine with { PageTypes = Value(option, rest) },
                "--thpmaps" => commandLine with { Thpmaps = Value(option, rest) },
                "--pwsh" => commandLine with { PowerShell = Value(option, rest) },
                "--module" => commandLine with { Module = Value(option, rest) },
                "--json" => commandLine with { IsJson = true },
                "--help" or "-h" => commandLine with { IsHelp = true },
                _ => throw new UsageException($"'{option}' is not an option."),
            };
        }

        return commandLine;
    }

    private static string Value(string option, Queue<string> rest) =>
        rest.TryDequeue(out string? value) ? value : throw new UsageException($"{option} needs a value.");

    private static int Number(string option, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number > 0
            ? number
            : throw new UsageException($"{option} takes positive numbers, not '{text}'.");
}
