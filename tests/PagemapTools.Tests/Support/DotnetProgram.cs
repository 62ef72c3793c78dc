using System.Diagnostics;

namespace PagemapTools.Tests.Support;

/// <summary>Starts the built programs with the runtime of the tests, also as another user.</summary>
internal static class DotnetProgram
{
    public static ProcessStartInfo CreateStartInfo(string program, string? user)
    {
        ProcessStartInfo start = new(FindRuntime())
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
            WorkingDirectory = "/",
        };
        start.ArgumentList.Add(program);
        start.Environment["DOTNET_gcServer"] = "0";
        if (user is not null)
        {
            start.UserName = user;
            start.Environment["HOME"] = "/nonexistent";
            start.Environment["DOTNET_EnableDiagnostics"] = "0";
        }

        return start;
    }

    // ProcessPath is not dotnet if the test program's own executable started the tests.
    private static string FindRuntime() =>
        Environment.ProcessPath is { } path && Path.GetFileName(path) == "dotnet" ? path
        : Environment.GetEnvironmentVariable("DOTNET_ROOT") is { Length: > 0 } root && File.Exists(Path.Join(root, "dotnet")) ? Path.Join(root, "dotnet")
        : "dotnet";
}
