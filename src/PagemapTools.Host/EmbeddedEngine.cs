using System.Management.Automation;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;

namespace PagemapTools.Host;

/// <summary>Runs one command after another in one session, with the output where a console would have it.</summary>
internal sealed class EmbeddedEngine : IDisposable
{
    private readonly ConsoleUserInterface userInterface;
    private readonly Runspace runspace;
    private volatile Pipeline? current;
    private volatile bool stopping;

    public EmbeddedEngine(ConsoleHost host, ConsoleUserInterface userInterface, MissingCommands missingCommands)
    {
        this.userInterface = userInterface;

        // The engine reports each import to its makers otherwise, and starts slower.
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");

        InitialSessionState state = InitialSessionState.CreateDefault2();

        // The function of that name pages through Select-Object and Out-String, which are not here.
        state.Commands.Remove("help", typeof(SessionStateFunctionEntry));
        state.Commands.Add(new SessionStateAliasEntry("help", "Get-Help"));
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        runspace = RunspaceFactory.CreateRunspace(host, state);
        runspace.Open();
        Runspace.DefaultRunspace = runspace;
        runspace.SessionStateProxy.InvokeCommand.CommandNotFoundAction = (_, call) => missingCommands.Note(call.CommandName);
    }

    public bool ImportModule(string module)
    {
        Command import = new("Import-Module");
        import.Parameters.Add("Name", module);
        import.Parameters.Add("ErrorAction", ActionPreference.Stop);
        return Run(import);
    }

    public bool RunScript(string script)
    {
        // For a script that stops short the engine's own exception has no position, and formats as an empty line.
        Parser.ParseInput(script, out _, out ParseError[] errors);
        if (errors.Length > 0)
        {
            return Try(() => throw new ParseException(errors));
        }

        return Run(new Command(script, isScript: true));
    }

    /// <summary>
    /// Calls the file's script block, not the file: <c>exit</c> in a called file ends that file only, and what it
    /// gave would be lost. Building a pipeline of the file first has the engine check its syntax and its
    /// <c>#Requires</c>, which the block would skip.
    /// </summary>
    public bool RunFile(string path, IEnumerable<string> arguments)
    {
        string file = $"'{CodeGeneration.EscapeSingleQuotedStringContent(path)}'";
        return Try(() => runspace.SessionStateProxy.InvokeCommand.NewScriptBlock($"& {file}").GetSteppablePipeline().Dispose())
            && RunScript($"& $ExecutionContext.InvokeCommand.GetCommand({file}, 'ExternalScript').ScriptBlock {ScriptArguments.ToSource(arguments)}");
    }

    /// <summary>Stops what runs now and lets nothing else begin. Any thread may call it.</summary>
    public void Stop()
    {
        stopping = true;
        current?.StopAsync();
    }

    public void Dispose() => runspace.Dispose();

    private bool Run(Command command) => Try(() =>
    {
        // Unlike PowerShell.Invoke, a pipeline keeps no copy of every warning and message that passes.
        using Pipeline pipeline = runspace.CreatePipeline();
        command.MergeMyResults(PipelineResultTypes.Error, PipelineResultTypes.Output);
        pipeline.Commands.Add(command);
        pipeline.Commands.Add("Out-Default");
        Invoke(pipeline);
    });

    private bool Try(Action action)
    {
        try
        {
            action();
            return true;
        }
        catch (PipelineStoppedException)
        {
            return false;
        }
        catch (Exception exception) when (exception is IContainsErrorRecord { ErrorRecord: not null } failure)
        {
            Report(failure.ErrorRecord);
            return false;
        }
    }

    /// <summary>Formatted by the engine like any error; alone, not merged from a stream, it would pass for a result.</summary>
    private void Report(ErrorRecord record)
    {
        userInterface.ResultsAreErrors = true;
        try
        {
            using Pipeline pipeline = runspace.CreatePipeline();
            pipeline.Commands.Add("Out-Default");
            Invoke(pipeline, record);
        }
        catch (PipelineStoppedException)
        {
            // Whoever stopped it does not wait for the report either.
        }
        finally
        {
            userInterface.ResultsAreErrors = false;
        }
    }

    private void Invoke(Pipeline pipeline, params object[] input)
    {
        current = pipeline;
        try
        {
            if (stopping)
            {
                throw new PipelineStoppedException();
            }

            pipeline.Invoke(input);
        }
        catch (InvalidPipelineStateException) when (stopping)
        {
            throw new PipelineStoppedException();
        }
        finally
        {
            current = null;
        }
    }
}
