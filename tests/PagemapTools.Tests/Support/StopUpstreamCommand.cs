using System.Management.Automation;
using System.Reflection;

namespace PagemapTools.Tests.Support;

/// <summary>Passes on a number of objects and then stops the commands before it in the pipeline, as Select-Object -First does.</summary>
[Cmdlet("Stop", "Upstream")]
public sealed class StopUpstreamCommand : PSCmdlet
{
    private int _passed;

    [Parameter(Mandatory = true, Position = 0)]
    public int After { get; set; }

    [Parameter(Mandatory = true, ValueFromPipeline = true)]
    public PSObject? InputObject { get; set; }

    protected override void ProcessRecord()
    {
        WriteObject(InputObject);
        if (++_passed == After)
        {
            throw CreateSignal();
        }
    }

    // The exception of Select-Object is not public.
    private Exception CreateSignal()
    {
        Type type = typeof(PSCmdlet).Assembly.GetType("System.Management.Automation.StopUpstreamCommandsException", throwOnError: true)!;
        return (Exception)Activator.CreateInstance(type, BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic, binder: null, [this], culture: null)!;
    }
}
