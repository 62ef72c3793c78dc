using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Runspaces;
using System.Runtime.CompilerServices;

namespace PagemapTools.Tests.Support;

/// <summary>A PowerShell session of the bare engine with the staged module imported.</summary>
internal sealed class Session : IDisposable
{
    public Session(PSHost? host = null, bool withModule = true)
    {
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("Stop-Upstream", typeof(StopUpstreamCommand), helpFileName: null));
        Runspace = host is null ? RunspaceFactory.CreateRunspace(state) : RunspaceFactory.CreateRunspace(host, state);
        Runspace.ThreadOptions = PSThreadOptions.ReuseThread;
        Runspace.Open();
        if (withModule)
        {
            ImportModule();
        }
    }

    public Runspace Runspace { get; }

    /// <summary>Gets or sets a variable of the session.</summary>
    public object? this[string name]
    {
        get => Runspace.SessionStateProxy.GetVariable(name);
        set => Runspace.SessionStateProxy.SetVariable(name, value);
    }

    public void ImportModule()
    {
        this["module"] = BuiltFiles.Module;
        Outcome import = Run("Import-Module -Name $module -ErrorAction Stop");
        Assert.True(import.Termination is null, $"{import.Termination}");
    }

    public PowerShell CreateCommand(string script)
    {
        PowerShell shell = PowerShell.Create();
        shell.Runspace = Runspace;

        // Without the try, the engine writes a terminating error and continues with the next statement.
        shell.AddScript($"$global:termination = $null\ntry {{\n{script}\n}} catch {{ $global:termination = $_ }}");
        return shell;
    }

    /// <summary>Runs a script and returns its outcome, including a terminating error.</summary>
    public Outcome Run(string script)
    {
        using PowerShell shell = CreateCommand(script);
        List<PSObject> output = [];
        shell.Invoke(input: null, output);
        return new Outcome(output, shell.Streams, this["termination"] as ErrorRecord ?? (this["termination"] as PSObject)?.BaseObject as ErrorRecord);
    }

    /// <summary>Runs a script, asserts that it has no error, and returns its output.</summary>
    public IReadOnlyList<PSObject> GetObjects(string script)
    {
        Outcome outcome = Run(script);
        Assert.True(outcome.Termination is null, $"{outcome.Termination} {outcome.Termination?.InvocationInfo?.PositionMessage}");
        Assert.Empty(outcome.Errors);
        return outcome.Output;
    }

    /// <summary>Runs a script and returns the terminating error.</summary>
    public ErrorRecord GetTermination(string script) =>
        Run(script).Termination ?? throw new Xunit.Sdk.XunitException($"Nothing ended '{script}'.");

    public void Dispose() => Runspace.Dispose();

    // By default the engine sends telemetry on each import.
    [ModuleInitializer]
    internal static void SwitchTelemetryOff() => Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
}
