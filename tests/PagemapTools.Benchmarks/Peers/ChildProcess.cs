using System.Diagnostics;
using PagemapTools.Benchmarks.Budget;

namespace PagemapTools.Benchmarks.Peers;

/// <summary>Starts programs and waits for them.</summary>
internal static class ChildProcess
{
    private const int StartsToMeasure = 11;
    private static readonly Lazy<double> s_start =
        new(() => Spread.FromValues(Enumerable.Range(0, StartsToMeasure).Select(_ => TimeWithStart("/bin/true", []))).Median);

    /// <summary>Starts a managed program, with redirected stdin and stdout.</summary>
    public static Process StartDotnet(string assembly, IEnumerable<string> arguments) =>
        Start(Programs.Dotnet, ["exec", assembly, .. arguments], sendsInput: true);

    /// <summary>Runs this program again, and returns its output.</summary>
    public static string RunSelf(params IEnumerable<string> arguments) =>
        Run(Programs.Dotnet, ["exec", typeof(ChildProcess).Assembly.Location, .. arguments]);

    /// <summary>Runs a program to its end, and returns its output.</summary>
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

    /// <summary>The milliseconds of a program that writes to /dev/null, without the milliseconds that starting any program takes.</summary>
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

        // Otherwise the engine sends telemetry, and pwsh looks for updates.
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        start.Environment["POWERSHELL_UPDATECHECK"] = "Off";
        return Process.Start(start) ?? throw new BenchmarkException($"{program} cannot be started.");
    }

    private static double TimeWithStart(string program, IEnumerable<string> arguments)
    {
        // The shell redirects the output and then executes the program.
        long start = Stopwatch.GetTimestamp();
        Run("/bin/sh", ["-c", "exec \"$0\" \"$@\" >/dev/null", program, .. arguments]);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
