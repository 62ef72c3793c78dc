using System.Diagnostics;

namespace PagemapTools.Tests.Support;

/// <summary>The result of a run of src/PagemapTools.Host in a separate process.</summary>
internal sealed record HostRun(int Status, string Output, string Error)
{
    public string[] Lines { get; } = Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

internal static class HostProgram
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(90);

    /// <summary>Runs a script; the host imports the module first.</summary>
    public static HostRun RunScript(string script, string? user = null) => Run(["-NoProfile", "-Command", script], user);

    /// <summary>Runs a script in a host whose memory, from its first page on, is charged to a cgroup.</summary>
    public static HostRun RunScriptIn(MemoryCgroup cgroup, string script)
    {
        ProcessStartInfo start = CreateStartInfo(["-NoProfile", "-Command", script], user: null);
        string[] command = ["-c", "echo $$ > \"$0\" && exec \"$@\"", cgroup.ProcessesFile, start.FileName];
        for (int i = 0; i < command.Length; i++)
        {
            start.ArgumentList.Insert(i, command[i]);
        }

        start.FileName = "/bin/sh";
        return Run(Process.Start(start)!, input: "");
    }

    public static HostRun Run(IEnumerable<string> arguments, string? user = null, string input = "") => Run(Start(arguments, user), input);

    private static HostRun Run(Process started, string input)
    {
        using Process process = started;
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input);
        process.StandardInput.Close();
        if (!process.WaitForExit(s_patience))
        {
            process.Kill();
            throw new Xunit.Sdk.XunitException($"The host does not end: {string.Join(' ', process.StartInfo.ArgumentList)}");
        }

        return new HostRun(process.ExitCode, output.GetAwaiter().GetResult(), error.GetAwaiter().GetResult());
    }

    public static Process Start(IEnumerable<string> arguments, string? user = null) => Process.Start(CreateStartInfo(arguments, user))!;

    /// <summary>Starts a host with environment variables.</summary>
    public static Process Start(IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        ProcessStartInfo start = CreateStartInfo(arguments, user: null);
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    /// <summary>Starts a host that SIGINT interrupts. Background jobs of a shell ignore SIGINT, and so do the programs that they start.</summary>
    public static Process StartInterruptible(IEnumerable<string> arguments)
    {
        ProcessStartInfo start = CreateStartInfo(arguments, user: null);
        start.ArgumentList.Insert(0, "--default-signal=INT");
        start.ArgumentList.Insert(1, start.FileName);
        start.FileName = "env";
        return Process.Start(start)!;
    }

    private static ProcessStartInfo CreateStartInfo(IEnumerable<string> arguments, string? user)
    {
        ProcessStartInfo start = DotnetProgram.CreateStartInfo(BuiltFiles.Host, user);
        start.Environment["NO_COLOR"] = "1";
        start.Environment["POWERSHELL_TELEMETRY_OPTOUT"] = "1";
        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }
}
