namespace PagemapTools.Host;

/// <summary>Puts the parts together and decides the exit status.</summary>
internal static class Program
{
    private static int Main(string[] arguments)
    {
        using ConsoleStreams streams = new();
        if (!CommandLine.TryParse(arguments, out CommandLine? commandLine, out string? complaint))
        {
            return Complain(streams, $"{complaint}\n{Usage.Hint}", ExitStatus.Usage);
        }

        if (commandLine.Source is ScriptSource.Help)
        {
            streams.WriteLine(Usage.Text);
            return ExitStatus.Success;
        }

        if (commandLine.Source is ScriptSource.File && FileComplaint(commandLine.Text) is string fileComplaint)
        {
            return Complain(streams, fileComplaint, ExitStatus.Usage);
        }

        string? module = commandLine.Module is null ? ModuleLocator.Find(AppContext.BaseDirectory) : AsPath(commandLine.Module);
        if (module is null)
        {
            return Complain(
                streams,
                $"PagemapTools is neither in {AppContext.BaseDirectory} nor above it. Build it with 'dotnet build', or name it with -Module <path>.",
                ExitStatus.Failure);
        }

        return Run(commandLine, module, streams);
    }

    private static int Run(CommandLine commandLine, string module, ConsoleStreams streams)
    {
        using ConsoleInput input = new();
        MissingCommands missingCommands = new();
        ConsoleUserInterface userInterface = new(streams, input, missingCommands);
        ConsoleHost host = new(streams, userInterface);
        using EmbeddedEngine engine = new(host, userInterface, missingCommands);
        using Interruption interruption = new(engine.Stop, cannotStop: () => input.IsWaiting, end: status => End(streams, status));
        streams.OutputLost += (_, _) => engine.Stop();

        bool completed = engine.ImportModule(module) && commandLine.Source switch
        {
            ScriptSource.File => engine.RunFile(Path.GetFullPath(commandLine.Text), commandLine.Arguments),
            ScriptSource.StandardInput => engine.RunScript(input.ReadToEnd()),
            _ => engine.RunScript(commandLine.Text),
        };

        streams.Flush();
        foreach (string explanation in missingCommands.Explanations)
        {
            streams.WriteErrorLine(explanation);
        }

        if (interruption.Status is not null)
        {
            streams.EndInterruptedLine();
        }

        return interruption.Status
            ?? streams.OutputLostStatus
            ?? host.ExitStatus
            ?? (completed && !userInterface.HasWrittenError ? ExitStatus.Success : ExitStatus.Failure);
    }

    private static void End(ConsoleStreams streams, int status)
    {
        streams.EndInterruptedLine();
        Environment.Exit(status);
    }

    /// <summary>A name that is no path is left to the engine, which looks for it on PSModulePath.</summary>
    private static string AsPath(string module) => Path.Exists(module) ? Path.GetFullPath(module) : module;

    private static string? FileComplaint(string path) =>
        !File.Exists(path) ? $"There is no script file '{path}'."
        : !path.EndsWith(".ps1", StringComparison.OrdinalIgnoreCase) ? $"'{path}' is not a script file: its name does not end in .ps1."
        : null;

    private static int Complain(ConsoleStreams streams, string complaint, int status)
    {
        streams.WriteErrorLine(complaint);
        return status;
    }
}
