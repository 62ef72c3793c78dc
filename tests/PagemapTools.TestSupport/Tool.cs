using System.Diagnostics;

namespace PagemapTools.TestSupport;

/// <summary>Runs programs of the system, with which the tests check the module.</summary>
internal static class Tool
{
    /// <summary>Runs a program and returns its lines; skips the test if the program is not on PATH.</summary>
    public static IEnumerable<string> ReadLines(string name, params string[] arguments)
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

    /// <summary>Returns the path of a program on PATH; null if the program is not there.</summary>
    public static string? Find(string name) => (Environment.GetEnvironmentVariable("PATH") ?? string.Empty)
        .Split(':', StringSplitOptions.RemoveEmptyEntries).Select(directory => Path.Join(directory, name)).FirstOrDefault(File.Exists);
}
