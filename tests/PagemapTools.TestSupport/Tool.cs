using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>A program of the system, by which the module is checked.</summary>
internal static class Tool
{
    /// <summary>Runs a program and hands out its lines as they come; skips the test where there is no such program.</summary>
    public static IEnumerable<string> Lines(string name, params string[] arguments)
    {
        Require.Program(name);
        using Process process = Process.Start(new ProcessStartInfo(name, arguments) { RedirectStandardOutput = true, UseShellExecute = false })!;
        while (process.StandardOutput.ReadLine() is { } line)
        {
            yield return line;
        }

        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    /// <summary>The path of a program on PATH; null if there is none.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);
}
