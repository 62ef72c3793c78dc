using System.Collections.ObjectModel;
using System.Diagnostics;
using System.Management.Automation;
using System.Management.Automation.Runspaces;

namespace PagemapTools.Benchmarks.Engine;

/// <summary>The engine of pwsh, without its console: runs scripts on the calling thread.</summary>
internal sealed class EmbeddedEngine : IDisposable
{
    private readonly Runspace _runspace;

    /// <summary>Opens an engine with a module imported; null for none.</summary>
    public EmbeddedEngine(string? module)
    {
        // Otherwise the engine sends telemetry for each import.
        Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");
        InitialSessionState state = InitialSessionState.CreateDefault2();
        state.ThreadOptions = PSThreadOptions.UseCurrentThread;
        state.Commands.Add(new SessionStateCmdletEntry("Write-EmptyObject", typeof(WriteEmptyObjectCommand), helpFileName: null));
        state.Commands.Add(new SessionStateCmdletEntry("Measure-Arrival", typeof(MeasureArrivalCommand), helpFileName: null));
        _runspace = RunspaceFactory.CreateRunspace(state);
        _runspace.Open();
        if (module is not null)
        {
            Import(module);
        }
    }

    public void Import(string module) => Run($"Import-Module -Name '{module}' -ErrorAction Stop");

    public bool HasCommand(string name) => Run($"Get-Command -Name {name} -ErrorAction Ignore").Count > 0;

    /// <summary>Runs a script that returns one number.</summary>
    public long Number(string script) => LanguagePrimitives.ConvertTo<long>(Run(script).Single());

    /// <summary>The milliseconds of a script.</summary>
    public double Time(string script)
    {
        long start = Stopwatch.GetTimestamp();
        Run(script);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    /// <summary>The milliseconds of a script whose output is discarded, as >/dev/null discards that of page-types.</summary>
    public double TimeToNull(string script) => Time($"{script} > $null");

    public Collection<PSObject> Run(string script)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        try
        {
            Collection<PSObject> output = shell.AddScript(script).Invoke();
            return shell.HadErrors && shell.Streams.Error is [var first, ..]
                ? throw new BenchmarkException($"{script}: {first}")
                : output;
        }
        catch (RuntimeException failure)
        {
            throw new BenchmarkException($"{script}: {failure.Message}");
        }
    }

    public void Dispose() => _runspace.Dispose();
}
