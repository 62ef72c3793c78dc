using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>Starts programs and waits for them.</summary>
internal static class ChildProcess
{
    private const int StartsToMeasure = 11;
    private static readonly Lazy<double> s_start =
        new(() => Spread.Of(Enumerable.Range(0, StartsToMeasure).Select(_ => TimeWithStart("/bin/true", []))).Median);

    /// <summary>Starts a managed program, with its stdin and stdout at our hands.</summary>
    public static Process StartDotnet(string assembly, IEnumerable<string> arguments) =>
        Start(Programs.Dotnet, ["exec", assembly, .. arguments], sendsInput: true);

    /// <summary>Runs this program again, and gives what it wrote.</summary>
    public static string RunSelf(params IEnumerable<string> arguments) =>
        Run(Programs.Dotnet, ["exec", typeof(ChildProcess).Assembly.Location, .. arguments]);

    /// <summary>Runs a program to its end, and gives what it wrote.</summary>
    public static string Run(string program, IEnumerable<string> arguments)
    {
        using Process process = Start(program, arguments, sendsInput: false);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new BenchmarkException($"{program} ended with status {process.ExitCode}: {errors.Result.Trim()}");
    }

    /// <summary>Milliseconds that a program takes whose output goes to /dev/null, without those that starting any program takes.</summary>
    public static double TimeToNull(string program, IEnumerable<string> arguments) =>
        -s_start.Value + TimeWithStart(program, arguments);

    private static Process Start(string program, IEnumerable<string> arguments, bool sendsInput)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = sendsInput,
            RedirectStandardOutput = true,
            RedirectStandardError = !sendsInput,
        };

        // The engine reports each start to its makers otherwise, and pwsh asks for updates.
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        return Process.Start(start) ?? throw new BenchmarkException($"{program} cannot be started.");
    }

    private static double TimeWithStart(string program, IEnumerable<string> arguments)
    {
        // The shell becomes the program: it is there for the redirection only.
        long start = Stopwatch.GetTimestamp();
        Run("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null", program, .. arguments]);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
