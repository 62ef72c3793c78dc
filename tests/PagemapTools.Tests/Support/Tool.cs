using System.Diagnostics;

namespace PagemapTools.Tests.Support;

/// <summary>A program of the system, by which the module is checked.</summary>
internal static class Tool
{
    /// <summary>Runs a program and hands out its lines as they come; skips the test where there is no such program.</summary>
    public static IEnumerable<string> Lines(string name, params string[] arguments)
    {
        Needs(name);
        using Process process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            yield return line;
        }

        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    public static void Needs(string name) => Assert.SkipUnless(
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Join(directory, name))), $"There is no {name} on PATH.");
}
